"""Which tariff a lot is priced by while its events and those of its tariffs overtake each other."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import permutations
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from services.reservation.tests.contract.stores import in_memory, on_postgres
from services.reservation.tests.driving import SEALER
from services.reservation.tests.examples import hourly, lot_copy, period
from services.reservation.tests.fakes.postgres.bookings import InMemoryBookings
from sqlalchemy import text

from parking_chassis.database import PoolSettings, create_engine
from parking_kernel.askers import THE_SERVICE
from parking_platform.testing.waiting import wait_until
from reservation_service.adapters.postgres import lots
from reservation_service.adapters.postgres.bookings import PostgresBookings
from reservation_service.adapters.postgres.unit_of_work import units_of_work
from reservation_service.application.ports import LotCopy, OpenWork, SpotRequest
from reservation_service.domain.lots import TariffVersion

OLD, NEW = hourly(200), hourly(300)
LOCKS_WAITED_FOR = text(
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


@dataclass
class Store:
    """One of the two, with a lot that OLD is in force for."""

    work: OpenWork
    bookings: PostgresBookings | InMemoryBookings
    lot: LotCopy

    async def announce(self, tariff: TariffVersion | None, version: int = 2) -> None:
        """The lot's event comes."""
        async with self.work(THE_SERVICE) as work:
            await work.copies.keep_lot(replace(self.lot, tariff_id=tariff.id if tariff else None, version=version))

    async def arrive(self, tariff: TariffVersion) -> None:
        """The tariff's event comes."""
        async with self.work(THE_SERVICE) as work:
            await work.copies.keep_tariff(tariff)

    async def in_force(self) -> UUID | None:
        """The tariff that quotes and bookings are made by."""
        async with self.work(THE_SERVICE) as work:
            lot = await work.lots.get(self.lot.id)
        candidates = await self.bookings.find(SpotRequest(self.lot.id, period()), 1)
        assert (candidates.lot.tariff and candidates.lot.tariff.id) == (lot.tariff and lot.tariff.id)
        return lot.tariff and lot.tariff.id


@pytest_asyncio.fixture(params=["in memory", "postgres"])
async def store(request: pytest.FixtureRequest, database_url: str) -> AsyncIterator[Store]:
    opened = in_memory() if request.param == "in memory" else on_postgres(database_url)
    async with opened as (work, bookings):
        store = Store(work, bookings, lot_copy(OLD))
        await store.arrive(OLD)
        await store.announce(OLD, version=1)
        yield store


async def test_the_one_in_force_serves_until_the_announced_one_is_there(store: Store) -> None:
    await store.announce(NEW)
    assert await store.in_force() == OLD.id
    await store.arrive(NEW)
    assert await store.in_force() == NEW.id


async def test_one_that_is_there_before_it_is_announced_serves_at_once(store: Store) -> None:
    await store.arrive(NEW)
    assert await store.in_force() == OLD.id
    await store.announce(NEW)
    assert await store.in_force() == NEW.id


async def test_repeated_and_older_events_change_nothing(store: Store) -> None:
    for _ in range(2):
        await store.announce(NEW)
        await store.announce(OLD, version=1)
        assert await store.in_force() == OLD.id
    for _ in range(2):
        await store.arrive(NEW)
        await store.announce(OLD, version=1)
        await store.announce(NEW)
        await store.arrive(OLD)
        assert await store.in_force() == NEW.id


@pytest.mark.parametrize("order", permutations(range(3)))
async def test_of_several_that_are_announced_the_last_one_serves_when_it_is_there(
    store: Store, order: tuple[int, ...]
) -> None:
    announced = [hourly(amount) for amount in (300, 400, 500)]
    for version, tariff in enumerate(announced, start=2):
        await store.announce(tariff, version)
    for index in order:
        await store.arrive(announced[index])
        last_is_there = 2 in order[: order.index(index) + 1]
        assert await store.in_force() == (announced[2].id if last_is_there else OLD.id)


async def test_one_that_is_announced_and_taken_back_never_serves(store: Store) -> None:
    await store.announce(NEW)
    await store.announce(OLD, version=3)
    await store.arrive(NEW)
    assert await store.in_force() == OLD.id


async def test_a_lot_that_is_published_without_a_tariff_has_none(store: Store) -> None:
    await store.announce(NEW)
    await store.announce(None, version=3)
    await store.arrive(NEW)
    assert await store.in_force() is None


async def test_a_new_lot_has_none_until_its_first_one_is_there(store: Store) -> None:
    other = replace(store, lot=lot_copy(NEW))
    await other.announce(NEW, version=1)
    assert await other.in_force() is None
    later = hourly(400)
    await other.announce(later)
    assert await other.in_force() is None
    await other.arrive(later)
    assert await other.in_force() == later.id
    assert await store.in_force() == OLD.id


@pytest.mark.parametrize("first", ["lot", "tariff"])
@pytest.mark.parametrize("is_locked", [True, False])
async def test_events_that_come_at_the_same_time_do_not_miss_each_other(
    database_url: str, monkeypatch: pytest.MonkeyPatch, first: str, is_locked: bool
) -> None:
    """The negative control has no lock: then neither sees what the other wrote, and the new tariff never serves."""
    if not is_locked:
        monkeypatch.setattr(lots, "TARIFF_LOCK", text("SELECT CAST(:tariff_id AS text)"))
    async with on_postgres(database_url) as (work, bookings):
        store = Store(work, bookings, lot_copy(OLD))
        await store.arrive(OLD)
        await store.announce(OLD, version=1)
        async with work(THE_SERVICE) as one:
            if first == "lot":
                await one.copies.keep_lot(replace(store.lot, tariff_id=NEW.id, version=2))
            else:
                await one.copies.keep_tariff(NEW)
            other = asyncio.create_task(store.arrive(NEW) if first == "lot" else store.announce(NEW))
            await wait_until(lambda: is_settled(other, database_url), "the other event, or that it waits")
            assert other.done() is not is_locked
        await other
        assert await store.in_force() == (NEW.id if is_locked else OLD.id)


async def is_settled(task: asyncio.Task[None], database_url: str) -> bool:
    return task.done() or await is_waited_for(database_url)


async def is_waited_for(database_url: str) -> bool:
    engine = create_engine(database_url, "tests", PoolSettings())
    async with engine.connect() as connection:
        row = (await connection.execute(LOCKS_WAITED_FOR)).first()
    await engine.dispose()
    return row is not None


async def test_different_tariffs_do_not_wait_for_each_other(database_url: str) -> None:
    engine = create_engine(database_url, "tests", PoolSettings())
    work, one, other = units_of_work(SEALER).opened_on(engine), hourly(300), hourly(400)
    async with work(THE_SERVICE) as here, work(THE_SERVICE) as there:
        await here.copies.keep_tariff(one)
        await there.copies.keep_tariff(other)
        await there.copies.keep_lot(lot_copy(other, id=uuid4()))
    await engine.dispose()
