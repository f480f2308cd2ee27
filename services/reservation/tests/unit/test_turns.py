import asyncio

import pytest

from reservation_service.adapters.turns import FairTurns
from reservation_service.application.ports import TooBusy


async def test_only_so_many_have_a_turn_at_once() -> None:
    turns, inside, most = FairTurns(at_once=2, patience=5.0), 0, 0

    async def take() -> None:
        nonlocal inside, most
        async with turns.taken():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(take() for _ in range(10)))
    assert most == 2


async def test_who_waits_too_long_is_told_so_and_takes_nobodys_turn() -> None:
    turns = FairTurns(at_once=1, patience=0.01)
    async with turns.taken():
        with pytest.raises(TooBusy):
            await turns.taken().__aenter__()
    async with turns.taken():
        pass


async def test_a_turn_comes_back_when_its_block_raises() -> None:
    turns = FairTurns(at_once=1, patience=0.01)

    async def fail() -> None:
        async with turns.taken():
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            await fail()
