"""Holds that end, money that comes late, reservations that are given up."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from prometheus_client import REGISTRY
from services.reservation.tests.conftest import MakeLot, SignIn
from services.reservation.tests.driving import TOMORROW, Database, Driver, Json, captured, spot_request
from sqlalchemy import text

from parking_platform.testing.waiting import wait_until
from reservation_service.application.commands.expire_holds import ExpireHolds
from reservation_service.application.commands.note_no_shows import NoteNoShows
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation


async def expired(service: Reservation, database: Database) -> None:
    await database.make_overdue()
    assert await service.use_cases.expire_holds(ExpireHolds()) >= 1


class TestExpiry:
    async def test_an_overdue_hold_frees_its_spot(
        self, driver: Driver, lot: LotCopy, service: Reservation, database: Database
    ) -> None:
        held = await driver.holds(lot)
        assert await service.use_cases.expire_holds(ExpireHolds()) == 0
        await expired(service, database)
        seen = await driver.sees(held)
        assert (seen["status"], seen["charge"], seen["version"]) == ("expired", None, 2)
        assert await database.rows("SELECT * FROM allocations") == []
        assert await database.published() == [("reservation.created", 1), ("reservation.expired", 2)]

    async def test_it_waits_until_payments_are_taken_in(
        self, driver: Driver, make_lot: MakeLot, service: Reservation, database: Database
    ) -> None:
        lot = await make_lot(["standard"])
        await driver.holds(lot)
        await database.make_overdue(caught_up=False)
        assert await service.use_cases.expire_holds(ExpireHolds()) == 0
        assert (await driver.reserve(spot_request(lot))).status_code == 409

    @pytest.mark.parametrize("is_named", [True, False])
    async def test_none_is_refused_for_a_hold_that_is_over(
        self, driver: Driver, make_lot: MakeLot, database: Database, is_named: bool
    ) -> None:
        lot = await make_lot(["standard"])
        held = await driver.holds(lot)
        await database.make_overdue()
        spot = {"spot_id": held["spot_id"]} if is_named else {}
        assert (await driver.reserve(spot_request(lot, **spot))).status_code == 201
        assert (await driver.sees(held))["status"] == "expired"

    async def test_many_behind_overdue_holds_get_every_spot(
        self, client: httpx.AsyncClient, make_lot: MakeLot, signed_in: SignIn, database: Database
    ) -> None:
        lot = await make_lot(["standard"] * 80)
        first, second = Driver(client, signed_in()), Driver(client, signed_in())
        for _ in range(80):
            await first.holds(lot)
        await database.make_overdue()
        answers = await asyncio.gather(*(second.insists(spot_request(lot)) for _ in range(100)))
        assert sorted(answer.status_code for answer in answers) == [201] * 80 + [409] * 20

    async def test_a_hold_that_is_paid_in_time_never_expires(
        self, driver: Driver, lot: LotCopy, service: Reservation, database: Database
    ) -> None:
        held = await driver.holds(lot)
        await database.settle(held)
        await database.make_overdue()
        assert await service.use_cases.expire_holds(ExpireHolds()) == 0
        assert (await driver.sees(held))["status"] == "confirmed"


class TestLateMoney:
    async def test_the_same_spot_is_still_free(
        self, driver: Driver, lot: LotCopy, service: Reservation, database: Database
    ) -> None:
        held = await driver.holds(lot)
        await expired(service, database)
        await database.settle(held)
        seen = await driver.sees(held)
        assert (seen["status"], seen["spot_id"], seen["version"]) == ("confirmed", held["spot_id"], 3)
        assert (await database.published())[-1] == ("reservation.reinstated", 3)
        assert len(await database.rows("SELECT * FROM allocations")) == 1

    async def test_another_of_its_kind_is_free(
        self, driver: Driver, make_lot: MakeLot, service: Reservation, database: Database
    ) -> None:
        lot = await make_lot(["standard", "standard"])
        held = await driver.holds(lot)
        await expired(service, database)
        await driver.holds(lot, spot_id=held["spot_id"])
        await database.settle(held)
        seen = await driver.sees(held)
        assert seen["status"] == "confirmed"
        assert seen["spot_id"] != held["spot_id"]

    async def test_none_is_free_and_all_goes_back(
        self, driver: Driver, make_lot: MakeLot, service: Reservation, database: Database
    ) -> None:
        lot = await make_lot(["standard", "compact"])
        held, payment = await driver.holds(lot, spot_type="standard"), uuid4()
        await expired(service, database)
        await driver.holds(lot, spot_type="standard")
        for _ in range(2):
            await database.settle(held, payment)
        seen = await driver.sees(held)
        assert (seen["status"], seen["refund_due"]["amount"]) == ("expired", 600)
        assert [event for event, _ in await database.published()].count("reservation.changed") == 1

    async def test_two_late_payments_for_one_spot(
        self, driver: Driver, make_lot: MakeLot, service: Reservation, database: Database
    ) -> None:
        lot = await make_lot(["standard"])
        first = await driver.holds(lot)
        await expired(service, database)
        second = await driver.holds(lot)
        await expired(service, database)
        await asyncio.gather(database.settle(first), database.settle(second))
        seen = [await driver.sees(each) for each in (first, second)]
        assert sorted((each["status"], each["refund_due"]["amount"]) for each in seen) == [
            ("confirmed", 0),
            ("expired", 600),
        ]

    async def test_a_second_payment_of_the_same_charge_goes_back(
        self, driver: Driver, lot: LotCopy, database: Database
    ) -> None:
        held = await driver.holds(lot)
        await database.settle(held)
        await database.settle(held)
        seen = await driver.sees(held)
        assert (seen["status"], seen["refund_due"]["amount"]) == ("confirmed", 600)


async def test_payments_and_expiry_take_holds_in_one_order(
    driver: Driver, lot: LotCopy, service: Reservation, database: Database
) -> None:
    """Else each may wait for a hold that the other has: one that waits for the first has not yet taken the second."""
    booked_first, ends_first = await driver.holds(lot), await driver.holds(lot)
    later, earlier = UUID(booked_first["id"]), UUID(ends_first["id"])
    await database.rows(
        "UPDATE reservations SET hold_expires_at = now() + interval '1 minute' WHERE id = :id", id=earlier
    )
    async with service.engine.connect() as other:
        await other.execute(text("SELECT 1 FROM reservations WHERE id = :id FOR UPDATE"), {"id": earlier})
        settling = asyncio.create_task(database.settle_all([captured(booked_first), captured(ends_first)]))
        await wait_until(lambda: database.rows("SELECT 1 FROM pg_locks WHERE NOT granted"), "the wait for the first")
        untaken = await database.rows("SELECT id FROM reservations FOR UPDATE SKIP LOCKED")
        await other.rollback()
    await settling
    assert untaken == [(later,)]


async def test_a_hold_that_cannot_be_read_holds_up_none_behind_it(
    driver: Driver, lot: LotCopy, service: Reservation, database: Database
) -> None:
    def failures() -> float:
        return REGISTRY.get_sample_value("errors_total", {"where": "holds"}) or 0.0

    broken, *others = [await driver.holds(lot) for _ in range(3)]
    await database.rows("UPDATE reservations SET charges = '[{}]' WHERE id = :id", id=UUID(broken["id"]))
    await database.make_overdue()
    before = failures()
    assert await service.use_cases.expire_holds(ExpireHolds()) == 2
    assert await service.use_cases.expire_holds(ExpireHolds()) == 0
    assert failures() - before == 2, "the batch, and the one"
    assert [(await driver.sees(each))["status"] for each in others] == ["expired", "expired"]
    claimed = await database.rows("SELECT reservation_id FROM allocations")
    assert claimed == [(UUID(broken["id"]),)]


class TestHoldsThatAnotherHasLocked:
    """As another worker does that expires them, or payment's consumer that settles them."""

    async def test_the_timer_passes_them_by(
        self, driver: Driver, lot: LotCopy, service: Reservation, database: Database
    ) -> None:
        locked, other = await driver.holds(lot), await driver.holds(lot)
        await database.make_overdue()
        async with service.engine.connect() as another:
            await another.execute(_LOCK, {"id": UUID(locked["id"])})
            async with asyncio.timeout(5):
                assert await service.use_cases.expire_holds(ExpireHolds()) == 1
        assert [(await driver.sees(each))["status"] for each in (locked, other)] == ["pending", "expired"]
        assert await service.use_cases.expire_holds(ExpireHolds()) == 1

    async def test_a_booking_waits_for_them(
        self, driver: Driver, make_lot: MakeLot, service: Reservation, database: Database
    ) -> None:
        """A refusal would be wrong: what stands in the way may expire."""
        lot = await make_lot(["standard"])
        locked = await driver.holds(lot)
        await database.make_overdue()
        async with service.engine.connect() as another:
            await another.execute(_LOCK, {"id": UUID(locked["id"])})
            booking = asyncio.create_task(driver.reserve(spot_request(lot)))
            await wait_until(lambda: database.rows("SELECT 1 FROM pg_locks WHERE NOT granted"), "the booking to wait")
            await another.rollback()
        assert (await booking).status_code == 201
        assert (await driver.sees(locked))["status"] == "expired"


_LOCK = text("SELECT 1 FROM reservations WHERE id = :id FOR UPDATE")


async def test_a_no_show_that_cannot_be_read_holds_up_none_behind_it(
    driver: Driver, lot: LotCopy, service: Reservation, database: Database
) -> None:
    def failures() -> float:
        return REGISTRY.get_sample_value("errors_total", {"where": "no_shows"}) or 0.0

    broken, *others = [await paid(driver, lot, database) for _ in range(3)]
    await database.shift(broken, -timedelta(days=3))
    for each in others:
        await database.shift(each, -timedelta(days=2))
    await database.rows("UPDATE reservations SET charges = '[{}]' WHERE id = :id", id=UUID(broken["id"]))
    before = failures()
    assert await service.use_cases.note_no_shows(NoteNoShows()) == 2
    assert await service.use_cases.note_no_shows(NoteNoShows()) == 0
    assert failures() - before == 1
    assert [(await driver.sees(each))["status"] for each in others] == ["no_show", "no_show"]
    statuses = await database.rows("SELECT status FROM reservations WHERE id = :id", id=UUID(broken["id"]))
    assert statuses == [("confirmed",)]


async def paid(driver: Driver, lot: LotCopy, database: Database) -> Json:
    held = await driver.holds(lot)
    await database.settle(held)
    return held


class TestCancelling:
    async def test_an_open_hold_owes_nothing_any_more(self, driver: Driver, lot: LotCopy, database: Database) -> None:
        held = await driver.holds(lot)
        answer = await driver.cancel(held, {"reason": "changed my mind"})
        assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
        assert (answer.json()["charge"], answer.json()["refund_due"]["amount"]) == (None, 0)
        ((payload,),) = await database.rows(
            "SELECT convert_from(payload, 'UTF8')::jsonb -> 'charges' -> 0 -> 'status' FROM outbox WHERE version = 2"
        )
        assert payload == "void"
        assert await database.rows("SELECT * FROM allocations") == []

    @pytest.mark.parametrize(
        ("before_start", "back"),
        [(timedelta(hours=20), 600), (timedelta(minutes=30), 300), (timedelta(minutes=-30), 0)],
    )
    async def test_what_goes_back_follows_the_terms(
        self, driver: Driver, lot: LotCopy, database: Database, before_start: timedelta, back: int
    ) -> None:
        held = await paid(driver, lot, database)
        await database.rows(
            "UPDATE reservations SET starts_at = now() + :before, ends_at = now() + :before + interval '3 hours'",
            before=before_start,
        )
        answer = await driver.cancel(held)
        assert (answer.json()["status"], answer.json()["refund_due"]["amount"]) == ("cancelled", back)

    async def test_again_gives_the_same_answer(self, driver: Driver, lot: LotCopy, database: Database) -> None:
        held = await paid(driver, lot, database)
        first, second = await driver.cancel(held), await driver.cancel(held)
        assert first.json() == second.json()
        assert [event for event, _ in await database.published()].count("reservation.cancelled") == 1

    async def test_only_ones_own(
        self, client: httpx.AsyncClient, driver: Driver, lot: LotCopy, signed_in: SignIn
    ) -> None:
        held = await driver.holds(lot)
        assert (await Driver(client, signed_in()).cancel(held)).status_code == 404
        operator = signed_in(scope="read:reservation write:reservation", organizations=(lot.organization_id,))
        assert (await Driver(client, operator).cancel(held)).status_code == 404

    @pytest.mark.parametrize("status", ["active", "completed", "expired", "no_show"])
    async def test_states_that_refuse(self, driver: Driver, lot: LotCopy, database: Database, status: str) -> None:
        held = await driver.holds(lot)
        await database.rows("UPDATE reservations SET status = :status", status=status)
        answer = await driver.cancel(held)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/not-cancellable")
        assert status in answer.json()["detail"]

    async def test_money_for_a_cancelled_hold_goes_back(self, driver: Driver, lot: LotCopy, database: Database) -> None:
        held = await driver.holds(lot)
        await driver.cancel(held)
        await database.settle(held)
        assert (await driver.sees(held))["refund_due"]["amount"] == 600

    async def test_the_freed_time_is_free(self, driver: Driver, make_lot: MakeLot) -> None:
        lot = await make_lot(["standard"])
        held = await driver.holds(lot)
        await driver.cancel(held)
        assert (await driver.holds(lot, start=TOMORROW))["spot_id"] == held["spot_id"]
