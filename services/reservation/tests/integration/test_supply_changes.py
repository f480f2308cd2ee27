"""Supply that goes away under bookings, from parking's event to what the driver sees."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
from services.reservation.tests.conftest import MakeLot, SignIn
from services.reservation.tests.driving import TOMORROW, Database, Driver, Gate, Json, spot_request
from services.reservation.tests.integration.test_gates import credential
from services.reservation.tests.publishing import Publishing
from sqlalchemy import text

from parking_events import (
    EVENT_CLASSES,
    AffectedPolicy,
    SpotStatus,
    SpotTakenOutOfServiceV1,
    SpotType,
    SupplyChange,
    SupplyChangeState,
    SupplyChangeStatus,
)
from parking_events.topics import SUPPLY_CHANGE
from parking_platform.testing.waiting import wait_until
from reservation_service.application.commands.settle_supply_changes import SettleSupplyChanges
from reservation_service.application.event_handlers.keep_spots import KeepSpots, PublishedSpot, keep_spots
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation
from reservation_service.domain.supply import AffectedPolicy as Policy
from reservation_service.domain.supply import TakenAway

PASSES = """
    UPDATE supply_changes SET due_at = due_at - CAST(:by AS interval), settled_by = settled_by - CAST(:by AS interval)
"""
WAITS = """
    SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()
"""


def gone(lot: LotCopy, spot: Json, change: SupplyChange | None) -> SpotTakenOutOfServiceV1:
    """Parking's event that a spot went out of service."""
    return SpotTakenOutOfServiceV1(
        version=2,
        spot_id=UUID(spot["spot_id"]),
        parking_lot_id=lot.id,
        organization_id=lot.organization_id,
        spot_number=spot["spot_number"],
        spot_type=SpotType(spot["spot_type"]),
        status=SpotStatus.OUT_OF_SERVICE,
        supply_change=change,
    )


async def takes_out(service: Reservation, lot: LotCopy, spot_id: UUID) -> None:
    """The same, without a broker."""
    by = TakenAway(uuid4(), Policy.MOVE, lot.id, lot.organization_id, is_named=True)
    async with service.engine.begin() as connection, service.work_on(connection) as work:
        copy = (await work.copies.spots([spot_id]))[spot_id]
        changed = replace(copy, in_service=False, version=copy.version + 1)
        await keep_spots(work, KeepSpots([PublishedSpot(changed, by)]))


async def settles(service: Reservation, database: Database) -> None:
    """The job looks, and once more when every statement of before has ended."""
    await service.use_cases.settle_supply_changes(SettleSupplyChanges())
    await database.rows(PASSES, by=timedelta(seconds=service.settings.statement_timeout + 1))
    await service.use_cases.settle_supply_changes(SettleSupplyChanges())


async def changes_published(database: Database) -> list[SupplyChangeState]:
    """What was published of changes, in order, each read by its contract."""
    rows = await database.rows(
        "SELECT type, payload, partition_key FROM outbox WHERE aggregatetype = :topic ORDER BY seq",
        topic=SUPPLY_CHANGE.name,
    )
    events = [EVENT_CLASSES[name].from_json(payload) for name, payload, _ in rows]
    found = [event for event in events if isinstance(event, SupplyChangeState)]
    assert [str(event.parking_lot_id) for event in found] == [key for *_, key in rows]
    return found


async def test_a_booking_is_moved_and_another_refunded_and_each_is_published(
    driver: Driver, lot: LotCopy, database: Database, service: Reservation, publishing: Publishing, consuming: None
) -> None:
    moved, refunded, alone = [await driver.holds(lot) for _ in range(3)]
    for each in (moved, refunded, alone):
        await database.settle(each)
    await driver.cancel(alone)  # its spot is the only free one
    change = SupplyChange(id=uuid4(), affected=AffectedPolicy.MOVE)
    await publishing.publish(gone(lot, moved, change))
    await publishing.publish(gone(lot, refunded, change))
    await wait_until(
        lambda: database.rows("SELECT 1 FROM spots WHERE NOT in_service OFFSET 1"), "the two spots that went"
    )
    await settles(service, database)
    seen = sorted([await driver.sees(moved), await driver.sees(refunded)], key=lambda each: each["status"])
    ended, stands = seen
    assert (ended["status"], ended["refund_due"]) == ("cancelled", {"amount": 600, "currency": "CHF"})
    assert (stands["status"], stands["spot_id"]) == ("confirmed", alone["spot_id"])
    before = moved if stands["id"] == moved["id"] else refunded
    assert stands["moved_from"] == {"spot_id": before["spot_id"], "spot_number": before["spot_number"]}
    assert (stands["start_time"], stands["end_time"]) == (before["start_time"], before["end_time"])
    events = await changes_published(database)
    assert {event.id for event in events} == {change.id}
    last = events[-1]
    assert (last.status, last.total, last.moved, last.refunded) == (SupplyChangeStatus.DONE, 2, 1, 1)
    assert last.organization_id == lot.organization_id
    outcomes = {str(event.last.reservation_id): event.last.outcome.value for event in events if event.last}
    assert outcomes == {stands["id"]: "moved", ended["id"]: "refunded"}
    types = [name for name, _ in await database.published()]
    assert "reservation.changed" in types
    reasons = await database.rows(
        "SELECT convert_from(payload, 'UTF8')::json ->> 'reason' FROM outbox WHERE type IN"
        " ('parking.reservation.changed.v1', 'parking.reservation.cancelled.v1') AND aggregateid IN (:one, :other)",
        one=moved["id"],
        other=refunded["id"],
    )
    assert reasons == [("supply_change",)] * 2


async def test_after_a_move_the_driver_may_cancel_free_of_charge_whatever_the_terms(
    driver: Driver, lot: LotCopy, database: Database, service: Reservation
) -> None:
    held = await driver.holds(lot)
    await database.settle(held)
    await database.shift(held, datetime.now(UTC) + timedelta(minutes=2) - TOMORROW)
    await takes_out(service, lot, UUID(held["spot_id"]))
    await settles(service, database)
    assert (await driver.sees(held))["status"] == "confirmed"
    answer = await driver.cancel(held)
    assert (answer.json()["status"], answer.json()["refund_due"]["amount"]) == ("cancelled", 600)


async def test_the_gate_never_opens_onto_a_spot_that_is_gone(
    driver: Driver, lot: LotCopy, database: Database, service: Reservation, client: httpx.AsyncClient, signed_in: SignIn
) -> None:
    """It comes before the job: the booking is settled first, and the car goes to the spot that it was moved to."""
    held = await driver.holds(lot)
    await database.settle(held)
    await database.shift(held, datetime.now(UTC) + timedelta(minutes=14) - TOMORROW)
    code = await credential(driver, held)
    await takes_out(service, lot, UUID(held["spot_id"]))
    headers = signed_in(scope="operate:gate", subject="gate-1", organizations=(lot.organization_id,))
    assert (await Gate(client, headers, lot).enter(code)).json()["decision"] == "open"
    seen = await driver.sees(held)
    assert (seen["status"], seen["moved_from"]["spot_id"]) == ("active", held["spot_id"])
    assert await database.rows("SELECT 1 FROM spots WHERE id = :id AND in_service", id=UUID(seen["spot_id"]))


async def test_a_hold_on_a_spot_that_is_gone_is_not_paid_into_confirmation(
    driver: Driver, lot: LotCopy, database: Database, service: Reservation
) -> None:
    held = await driver.holds(lot)
    await takes_out(service, lot, UUID(held["spot_id"]))
    await database.settle(held)
    seen = await driver.sees(held)
    assert (seen["status"], seen["refund_due"]["amount"]) == ("cancelled", 600)
    assert [name for name, _ in await database.published()].count("reservation.confirmed") == 0


@asynccontextmanager
async def a_booking_under_way(
    driver: Driver, service: Reservation, lot: LotCopy, spot_id: UUID
) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """A booking whose statement has its snapshot, and waits for a transaction that may take the spot's time.

    That one is rolled back when the block ends, and the booking goes on.
    """
    async with service.engine.connect() as connection:
        await connection.execute(
            text(
                "INSERT INTO allocations (id, parking_lot_id, spot_id, during, reservation_id)"
                " VALUES (gen_random_uuid(), :lot, :spot, tstzrange(:at, :until), gen_random_uuid())"
            ),
            {"lot": lot.id, "spot": spot_id, "at": TOMORROW, "until": TOMORROW + timedelta(hours=3)},
        )
        booking = asyncio.create_task(driver.reserve(spot_request(lot, spot_id=spot_id)))
        database = Database(service.engine)
        await wait_until(lambda: database.rows(WAITS), "the booking statement")
        yield booking
        await connection.rollback()


async def spot_of(service: Reservation, lot: LotCopy) -> UUID:
    ((spot_id,),) = await Database(service.engine).rows("SELECT id FROM spots WHERE parking_lot_id = :id", id=lot.id)
    return spot_id


async def test_what_a_statement_of_before_books_after_the_look_is_found(
    driver: Driver, make_lot: MakeLot, database: Database, service: Reservation
) -> None:
    lot = await make_lot(("standard",))
    spot_id = await spot_of(service, lot)
    async with a_booking_under_way(driver, service, lot, spot_id) as booking:
        await takes_out(service, lot, spot_id)
        await service.use_cases.settle_supply_changes(SettleSupplyChanges())
    held = (await booking).json()
    assert (await driver.sees(held))["status"] == "pending", "nobody has looked since"
    await database.rows(PASSES, by=timedelta(seconds=service.settings.statement_timeout + 1))
    await service.use_cases.settle_supply_changes(SettleSupplyChanges())
    assert (await driver.sees(held))["status"] == "cancelled"


async def test_a_change_that_ended_with_its_first_look_would_leave_it_there(
    driver: Driver, make_lot: MakeLot, database: Database, service: Reservation
) -> None:
    """The negative control of the one before."""
    lot = await make_lot(("standard",))
    spot_id = await spot_of(service, lot)
    # No statement is waited for, nor the moments that the look itself takes.
    at_once = replace(service.use_cases.settle_supply_changes, settling=-timedelta(minutes=1))
    async with a_booking_under_way(driver, service, lot, spot_id) as booking:
        await takes_out(service, lot, spot_id)
        await at_once(SettleSupplyChanges())
    held = (await booking).json()
    await database.rows(PASSES, by=timedelta(minutes=1))
    await at_once(SettleSupplyChanges())
    assert (await driver.sees(held))["status"] == "pending"


async def test_a_spot_that_goes_while_another_booking_is_moved_there_waits_for_that(
    driver: Driver, lot: LotCopy, database: Database, service: Reservation
) -> None:
    """Until a move commits, the spot that it goes to stays in service: else no look would find it there."""
    held = await driver.holds(lot)
    await database.settle(held)
    free = [row[0] for row in await database.rows("SELECT id FROM spots WHERE id <> :id", id=UUID(held["spot_id"]))]
    async with service.engine.begin() as connection, service.work_on(connection) as work:
        reservation = await work.reservations.get(UUID(held["id"]))
        spots = await work.timetable.free_spots(lot.id, reservation.state.period, "standard")
        target = next(spot for spot in spots if spot.id == free[0])
        assert await work.timetable.move(reservation.state, target)
        taking_out = asyncio.create_task(takes_out(service, lot, target.id))
        await wait_until(lambda: database.rows(WAITS), "the spot's event")
        reservation.move(target, datetime.now(UTC))
        await work.reservations.save(reservation)
    await taking_out
    await settles(service, database)
    seen = await driver.sees(held)
    assert seen["status"] == "confirmed"
    assert await database.rows("SELECT 1 FROM spots WHERE id = :id AND in_service", id=UUID(seen["spot_id"]))
