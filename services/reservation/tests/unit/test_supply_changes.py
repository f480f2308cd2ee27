"""Supply that goes away under bookings: each is moved, or given back in full, and nothing opens onto what is gone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from services.reservation.tests.examples import START, hourly
from services.reservation.tests.fakes.installation import SETTLING, FakeInstallation, altered
from services.reservation.tests.unit.test_gate_commands import Barrier

from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.money import Money
from parking_kernel.opening_hours import opening_hours_of
from parking_kernel.periods import Period
from reservation_service.application.commands.cancel_reservation import CancelReservation, CancelReservationHandler
from reservation_service.application.commands.settle_booking import SettleBookingHandler
from reservation_service.application.commands.settle_supply_changes import SettleSupplyChanges
from reservation_service.application.event_handlers.keep_lot import KeepLot, keep_lot
from reservation_service.application.event_handlers.keep_spots import KeepSpots, PublishedSpot, keep_spots
from reservation_service.application.ports import LotCopy, Work
from reservation_service.domain.reservations import Reservation, ReservationState, ReservationStatus
from reservation_service.domain.supply import (
    LOOK_AGAIN,
    AffectedPolicy,
    SupplyChangeState,
    SupplyChangeStatus,
    SupplyOutcome,
    TakenAway,
)

S = ReservationStatus
OWED, NOTHING = Money(600, "CHF"), Money(0, "CHF")
NIGHTS = {day: [["20:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def taken_away(lot: LotCopy, affected: AffectedPolicy = AffectedPolicy.MOVE, **changes: Any) -> TakenAway:
    return replace(TakenAway(uuid4(), affected, lot.id, lot.organization_id, is_named=True), **changes)


async def takes_out(service: FakeInstallation, by: TakenAway, *spot_ids: UUID) -> None:
    """Parking takes spots out of service."""
    copies = [service.tables.spots[each] for each in spot_ids]
    gone = [replace(each, in_service=False, version=each.version + 1) for each in copies]
    async with service.work(THE_SERVICE) as work:
        await keep_spots(work, KeepSpots([PublishedSpot(each, by) for each in gone]))


async def becomes(service: FakeInstallation, by: TakenAway, spot_id: UUID, spot_type: str) -> None:
    """Parking makes a spot one of another type."""
    copy = service.tables.spots[spot_id]
    changed = replace(copy, type=spot_type, version=copy.version + 1)
    async with service.work(THE_SERVICE) as work:
        await keep_spots(work, KeepSpots([PublishedSpot(changed, by)]))


async def changes_lot(service: FakeInstallation, by: TakenAway, **changes: Any) -> None:
    """Parking changes a lot."""
    copy = service.tables.lots[by.parking_lot_id]
    async with service.work(THE_SERVICE) as work:
        await keep_lot(work, KeepLot(replace(copy, version=copy.version + 1, **changes), by))


async def settles(service: FakeInstallation) -> None:
    """The job looks, and looks again when no statement can be under way that has not seen the change."""
    await service.settle_supply_changes(SettleSupplyChanges())
    service.clock.advance(SETTLING)
    await service.settle_supply_changes(SettleSupplyChanges())


def now_of(service: FakeInstallation, state: ReservationState) -> ReservationState:
    return service.tables.reservations[state.id]


def counts(change: SupplyChangeState) -> dict[str, int]:
    return {
        name: number
        for name in ("total", "moved", "refunded", "cancelled", "exited")
        if (number := getattr(change, name))
    }


async def goes_in(service: FakeInstallation, lot: LotCopy, state: ReservationState) -> str:
    service.clock.present = max(service.clock.present, state.period.starts_at)
    return (await Barrier(service, lot, state).enter()).verdict.reason.value


class TestMoving:
    async def test_a_booking_goes_to_an_equal_free_spot_for_the_same_period(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "compact", "standard"])
        booked = await service.paid(await service.held(lot))
        by = taken_away(lot)
        await takes_out(service, by, booked.spot.id)
        await settles(service)
        moved = now_of(service, booked)
        assert (moved.status, moved.spot.number, moved.period) == (S.CONFIRMED, "3", booked.period)
        assert (moved.moved_from, moved.refund_due) == (booked.spot, NOTHING)
        event = service.tables.outbox[-1]
        assert (type(event).__name__, event.reason, event.changed) == (
            "ReservationChanged",
            "supply_change",
            ("spot", "moved_from"),
        )
        assert [row.spot_id for row in service.tables.allocations] == [moved.spot.id]
        assert counts(service.tables.supply_changes[by.id]) == {"total": 1, "moved": 1}

    async def test_a_standard_spot_is_better_than_a_compact_one_and_none_is_worse(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(["compact", "standard", "ev_charging"])
        small = await service.paid(await service.held(lot, spot_type="compact"))
        large = await service.paid(await service.held(lot, spot_type="ev_charging"))
        await takes_out(service, taken_away(lot), small.spot.id, large.spot.id)
        await settles(service)
        assert now_of(service, small).spot.type == "standard"
        assert (now_of(service, large).status, now_of(service, large).refund_due) == (S.CANCELLED, OWED)

    async def test_a_spot_of_another_type_is_gone_for_those_who_booked_it_and_a_better_one_is_not(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(["ev_charging", "ev_charging", "compact"])
        charger = await service.paid(await service.held(lot, spot_type="ev_charging"))
        small = await service.paid(await service.held(lot, spot_type="compact"))
        await becomes(service, taken_away(lot), charger.spot.id, "standard")
        await becomes(service, taken_away(lot), small.spot.id, "standard")
        await settles(service)
        moved = now_of(service, charger)
        assert (moved.spot.type, moved.spot.id == charger.spot.id) == ("ev_charging", False)
        assert now_of(service, small) == small
        later = await service.paid(await service.held(lot, spot_type="standard", spot_id=charger.spot.id))
        await settles(service)
        assert now_of(service, later) == later, "booked as what it is now"

    async def test_where_there_is_no_room_all_goes_back_shortly_before_the_start_too(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(["standard"])
        booked = await service.paid(await service.held(lot))
        service.clock.present = START - timedelta(minutes=1)  # the terms would give half
        await takes_out(service, taken_away(lot), booked.spot.id)
        await settles(service)
        ended = now_of(service, booked)
        assert (ended.status, ended.refund_due, ended.refund_orders[0].reason) == (S.CANCELLED, OWED, "supply_change")
        assert (service.tables.outbox[-1].reason, service.tables.allocations) == ("supply_change", [])

    async def test_what_was_booked_for_nothing_is_cancelled_without_an_order(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"], hourly(0))
        booked, by = await service.held(lot), taken_away(lot)
        await takes_out(service, by, booked.spot.id)
        await settles(service)
        assert (now_of(service, booked).status, now_of(service, booked).refund_orders) == (S.CANCELLED, ())
        assert counts(service.tables.supply_changes[by.id]) == {"total": 1, "cancelled": 1}

    async def test_a_moved_booking_is_cancelled_free_of_charge_whatever_the_terms(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(["standard", "standard"])
        booked = await service.paid(await service.held(lot))
        await takes_out(service, taken_away(lot), booked.spot.id)
        await settles(service)
        service.clock.present = START - timedelta(minutes=1)
        cancel = CancelReservationHandler(service.work)
        state = await cancel(CancelReservation(Asker(booked.user_id), booked.id))
        assert (state.status, state.refund_due) == (S.CANCELLED, OWED)

    async def test_it_is_moved_again_when_the_next_spot_goes_too(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"] * 3)
        booked = await service.paid(await service.held(lot))
        for _ in range(2):
            await takes_out(service, taken_away(lot), now_of(service, booked).spot.id)
            await settles(service)
        moved = now_of(service, booked)
        assert moved.status is S.CONFIRMED
        assert service.tables.spots[moved.spot.id].in_service


class TestRefunding:
    async def test_by_the_policy_refund_nobody_is_moved(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        booked, by = await service.paid(await service.held(lot)), taken_away(lot, AffectedPolicy.REFUND)
        await takes_out(service, by, booked.spot.id)
        await settles(service)
        assert (now_of(service, booked).status, now_of(service, booked).refund_due) == (S.CANCELLED, OWED)
        assert counts(service.tables.supply_changes[by.id]) == {"total": 1, "refunded": 1}

    async def test_a_retired_lot_gives_all_back(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        booked = await service.paid(await service.held(lot))
        await changes_lot(service, taken_away(lot), is_open=False, is_retired=True)
        await settles(service)
        assert (now_of(service, booked).status, now_of(service, booked).refund_due) == (S.CANCELLED, OWED)

    async def test_shorter_hours_end_what_they_no_longer_take_and_leave_the_rest(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(["standard", "standard"])
        evening = Period(START + timedelta(hours=8), START + timedelta(hours=9))  # 21:00 to 22:00 in Zurich
        lost, stays = await service.paid(await service.held(lot)), await service.held(lot, when=evening)
        stays, by = await service.paid(stays), taken_away(lot)
        await changes_lot(service, by, opening_hours=opening_hours_of(NIGHTS))
        await settles(service)
        assert now_of(service, lost).status is S.CANCELLED
        assert now_of(service, stays) == stays
        assert counts(service.tables.supply_changes[by.id]) == {"total": 1, "refunded": 1}

    async def test_a_pending_one_is_cancelled_and_its_charge_is_void(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        held, by = await service.held(lot), taken_away(lot)
        await takes_out(service, by, held.spot.id)
        await settles(service)
        ended = now_of(service, held)
        assert (ended.status, ended.charges[0].status, ended.refund_due) == (S.CANCELLED, "void", NOTHING)
        assert counts(service.tables.supply_changes[by.id]) == {"total": 1, "cancelled": 1}
        assert (await service.paid(held)).refund_due == OWED, "late money goes back"


class TestMoneyBeforeTheJob:
    async def test_a_hold_on_a_spot_that_is_gone_is_not_paid_into_confirmation(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        held, by = await service.held(lot), taken_away(lot)
        await takes_out(service, by, held.spot.id)
        paid = await service.paid(held)
        assert (paid.status, paid.refund_due, paid.paid) == (S.CANCELLED, OWED, NOTHING)
        await settles(service)
        assert counts(service.tables.supply_changes[by.id]) == {"total": 1, "cancelled": 1}

    async def test_late_money_gets_no_spot_of_a_retired_lot(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        held = await service.held(lot)
        service.tables.reservations[held.id] = replace(held, status=S.EXPIRED)
        service.tables.allocations = []
        await changes_lot(service, taken_away(lot), is_open=False, is_retired=True)
        paid = await service.paid(held)
        assert (paid.status, paid.refund_due, service.tables.allocations) == (S.EXPIRED, OWED, [])


class TestStays:
    async def test_a_car_that_is_in_is_never_moved_and_its_exit_ends_the_change(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(["standard", "standard"])
        booked, by = await service.paid(await service.held(lot)), taken_away(lot)
        assert await goes_in(service, lot, booked) == "ok"
        await takes_out(service, by, booked.spot.id)
        await settles(service)
        change = service.tables.supply_changes[by.id]
        assert (change.status, change.waiting) == (SupplyChangeStatus.RUNNING, {booked.id})
        assert now_of(service, booked).spot == booked.spot
        assert (await Barrier(service, lot, booked).leave()).verdict.opens
        service.clock.advance(LOOK_AGAIN)
        await service.settle_supply_changes(SettleSupplyChanges())
        change = service.tables.supply_changes[by.id]
        assert (change.status, counts(change)) == (SupplyChangeStatus.DONE, {"total": 1, "exited": 1})
        progressed = [event.change.last for event in service.tables.supply_outbox if event.change.last]
        assert [each.outcome for each in progressed] == [SupplyOutcome.WAITING_FOR_EXIT]

    async def test_the_gate_settles_a_booking_before_it_opens(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        booked, by = await service.paid(await service.held(lot)), taken_away(lot)
        await takes_out(service, by, booked.spot.id)
        assert await goes_in(service, lot, booked) == "ok"
        inside = now_of(service, booked)
        assert (inside.status, inside.spot.number) == (S.ACTIVE, "2")
        assert counts(service.tables.supply_changes[by.id]) == {"total": 1, "moved": 1}

    async def test_the_gate_stays_shut_where_there_is_no_other_spot(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"])
        booked = await service.paid(await service.held(lot))
        await takes_out(service, taken_away(lot), booked.spot.id)
        assert await goes_in(service, lot, booked) == "cancelled"
        assert now_of(service, booked).refund_due == OWED


class TestTheChange:
    async def test_it_is_published_booking_by_booking_with_a_summary_at_the_end(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(["standard"] * 3)
        booked = [await service.paid(await service.held(lot)) for _ in range(2)]
        by = taken_away(lot)
        await takes_out(service, by, *(each.spot.id for each in booked))
        await settles(service)
        events = service.tables.supply_outbox
        assert [type(each).__name__.removeprefix("SupplyChange") for each in events] == [
            "Started",
            "Progressed",
            "Progressed",
            "Finished",
        ]
        assert [each.change.version for each in events] == [1, 2, 3, 4]
        assert [each.change.total for each in events] == [0, 2, 2, 2]
        assert (events[-1].change.last, counts(events[-1].change)) == (None, {"total": 2, "moved": 1, "refunded": 1})

    async def test_one_that_nobody_is_in_the_way_of_is_done_with_nothing(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        by = taken_away(lot)
        await takes_out(service, by, next(iter(service.tables.spots)))
        await settles(service)
        change = service.tables.supply_changes[by.id]
        assert (change.status, counts(change)) == (SupplyChangeStatus.DONE, {})

    async def test_a_version_that_came_before_begins_nothing_again(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        spot_id, by = next(iter(service.tables.spots)), taken_away(lot)
        await takes_out(service, by, spot_id)
        await settles(service)
        same = replace(service.tables.spots[spot_id])
        async with service.work(THE_SERVICE) as work:
            await keep_spots(work, KeepSpots([PublishedSpot(same, by)]))
        assert service.tables.supply_changes[by.id].status is SupplyChangeStatus.DONE

    async def test_an_older_parking_names_none_and_its_bookings_are_moved(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        booked, by = await service.paid(await service.held(lot)), taken_away(lot, is_named=False)
        await takes_out(service, by, booked.spot.id)
        await settles(service)
        assert now_of(service, booked).spot.number == "2"

    async def test_what_takes_nothing_away_and_names_no_change_begins_none(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        by = taken_away(lot, is_named=False)
        await changes_lot(service, by, name="Another")
        await changes_lot(service, by, is_open=False)
        spot = next(iter(service.tables.spots.values()))
        async with service.work(THE_SERVICE) as work:
            await keep_spots(work, KeepSpots([PublishedSpot(replace(spot, number="9", version=2), by)]))
        assert service.tables.supply_changes == {}

    async def test_several_events_share_one_and_a_later_one_makes_it_run_again(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"] * 3)
        booked, by = [await service.paid(await service.held(lot)) for _ in range(2)], taken_away(lot)
        await takes_out(service, by, booked[0].spot.id)
        await settles(service)
        assert service.tables.supply_changes[by.id].status is SupplyChangeStatus.DONE
        await takes_out(service, by, booked[1].spot.id)
        assert service.tables.supply_changes[by.id].status is SupplyChangeStatus.RUNNING
        await settles(service)
        change = service.tables.supply_changes[by.id]
        assert (change.status, counts(change)) == (
            SupplyChangeStatus.DONE,
            {"total": 2, "moved": 1, "refunded": 1},
        )

    async def test_one_that_fails_holds_up_no_other_and_is_tried_again(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"] * 6)
        booked = [await service.paid(await service.held(lot)) for _ in range(3)]
        by = taken_away(lot)
        await takes_out(service, by, *(each.spot.id for each in booked))
        broken = min(booked, key=lambda each: each.id)
        mended = service.settle_supply_changes
        settling = SettleBookingHandler(altered(service.work, lambda work: _without(work, broken.id)))
        service.settle_supply_changes = replace(mended, settle_booking=settling)
        await settles(service)
        assert [now_of(service, each).moved_from is None for each in booked].count(True) == 1
        assert service.tables.supply_changes[by.id].status is SupplyChangeStatus.RUNNING
        service.settle_supply_changes = mended
        service.clock.advance(timedelta(minutes=2))
        await settles(service)
        change = service.tables.supply_changes[by.id]
        assert (change.status, counts(change)) == (SupplyChangeStatus.DONE, {"total": 3, "moved": 3})


def _without(work: Work, broken: UUID) -> Work:
    """One reservation cannot be read."""
    return replace(work, reservations=cast("Any", _BrokenReservations(work.reservations, broken)))


class _BrokenReservations:
    def __init__(self, reservations: Any, broken: UUID) -> None:
        self._reservations, self._broken = reservations, broken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reservations, name)

    async def get(self, reservation_id: UUID) -> Reservation:
        if reservation_id == self._broken:
            raise RuntimeError("it cannot be read")
        return await self._reservations.get(reservation_id)
