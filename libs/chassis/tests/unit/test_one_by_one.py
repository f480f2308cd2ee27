"""A thing that fails holds up no other, and is tried again after longer and longer pauses."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from parking_chassis.process import OneByOne
from parking_kernel.pauses import GrowingPause

PAUSE = GrowingPause(timedelta(seconds=10), timedelta(seconds=30))


class Clock:
    def __init__(self) -> None:
        self.present = 0.0

    def __call__(self) -> float:
        return self.present


class Trouble:
    """Fails until it is fixed."""

    def __init__(self) -> None:
        self.attempts = 0
        self.is_mended = False

    async def __call__(self) -> bool:
        self.attempts += 1
        if not self.is_mended:
            raise ValueError("broken")
        return True


async def fine() -> bool:
    return True


async def nothing_to_do() -> bool:
    return False


def failures(name: str) -> float:
    return REGISTRY.get_sample_value("errors_total", {"where": name}) or 0.0


async def test_it_says_what_was_done() -> None:
    one_by_one = OneByOne("fine", PAUSE)
    assert [await one_by_one.attempt(1, fine), await one_by_one.attempt(1, nothing_to_do)] == [True, False]
    assert failures("fine") == 0


async def test_what_fails_is_logged_counted_and_paused_longer_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    clock, trouble = Clock(), Trouble()
    one_by_one = OneByOne("trouble", PAUSE, clock)
    tried: list[float] = []
    for second in range(101):
        clock.present, before = float(second), trouble.attempts
        assert await one_by_one.attempt("a", trouble) is False
        assert await one_by_one.attempt("b", fine) is True
        if trouble.attempts > before:
            tried.append(second)
    assert tried == [0, 10, 30, 60, 90]
    assert failures("trouble") == 5
    said = capsys.readouterr().out
    assert "one_failed" in said
    assert "broken" in said
    trouble.is_mended = True
    clock.present = 120
    assert await one_by_one.attempt("a", trouble) is True
    trouble.is_mended = False
    assert await one_by_one.attempt("a", trouble) is False
    clock.present = 130
    assert await one_by_one.attempt("a", trouble) is False
    assert trouble.attempts == 8, "after it was well the pauses begin at the first again"


async def test_what_is_not_asked_for_any_more_is_not_remembered() -> None:
    clock, trouble = Clock(), Trouble()
    one_by_one = OneByOne("gone", PAUSE, clock)
    for number in range(1000):
        clock.present += 1
        await one_by_one.attempt(number, trouble)
    assert len(one_by_one._failed) <= 41
