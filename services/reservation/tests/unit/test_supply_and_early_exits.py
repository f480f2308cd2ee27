"""A booking whose exit is known and whose entry is not, when its spot goes away: its stay may have taken place."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from services.reservation.tests.examples import START, period
from services.reservation.tests.fakes.installation import SETTLING, FakeInstallation, altered
from services.reservation.tests.unit.test_gate_commands import MINUTE, Barrier
from services.reservation.tests.unit.test_supply_changes import counts, now_of, settles, taken_away, takes_out

from reservation_service.application.commands.settle_booking import SettleBookingHandler
from reservation_service.application.commands.settle_supply_changes import SettleSupplyChanges
from reservation_service.application.ports import LotCopy, OpenWork, Work
from reservation_service.domain.gates import REPORTED_WITHIN, Reason
from reservation_service.domain.reservations import ReservationState, ReservationStatus
from reservation_service.domain.supply import LOOK_AGAIN, SupplyChange, SupplyChangeState, SupplyChangeStatus

S = ReservationStatus
EXITED = START + 30 * MINUTE


class Left:
    """A paid booking of three days, whose car was reported as out half an hour after the start, and never as in."""

    def __init__(self, service: FakeInstallation, lot: LotCopy, booked: ReservationState) -> None:
        self.service, self.lot, self.booked = service, lot, booked
        self.by = taken_away(lot)
        self.gate = Barrier(service, lot, booked)

    @property
    def state(self) -> ReservationState:
        return now_of(self.service, self.booked)

    @property
    def change(self) -> SupplyChangeState:
        return self.service.tables.supply_changes[self.by.id]

    async def loses_its_spot(self) -> None:
        await takes_out(self.service, self.by, self.booked.spot.id)
        await settles(self.service)

    async def is_looked_at_again(self, after: timedelta = LOOK_AGAIN) -> None:
        self.service.clock.advance(after)
        await self.service.settle_supply_changes(SettleSupplyChanges())


async def left_of(service: FakeInstallation, *spots: str) -> Left:
    lot = await service.with_lot(spots)
    left = Left(service, lot, await service.paid(await service.held(lot, when=period(72))))
    service.clock.present = EXITED
    assert (await left.gate.leave()).verdict.reason is Reason.EXIT_KEPT
    return left


async def test_it_waits_and_is_completed_when_its_entry_comes(service: FakeInstallation) -> None:
    left = await left_of(service, "standard")
    await left.loses_its_spot()
    assert (left.state.status, left.state.refund_orders) == (S.CONFIRMED, ())
    assert (left.change.status, left.change.waiting) == (SupplyChangeStatus.RUNNING, {left.booked.id})
    assert (await left.gate.enter(START)).verdict.opens
    stay = left.state.parking_session
    assert stay is not None
    assert (left.state.status, stay.entered_at, stay.exited_at) == (S.COMPLETED, START, EXITED)
    await left.is_looked_at_again()
    assert (left.change.status, counts(left.change)) == (SupplyChangeStatus.DONE, {"total": 1, "exited": 1})


async def test_one_that_is_settled_whatever_is_kept_loses_the_stay(service: FakeInstallation) -> None:
    """The negative control of the one before."""
    left = await left_of(service, "standard")
    settling = SettleBookingHandler(nothing_kept(service))
    service.settle_supply_changes = replace(service.settle_supply_changes, settle_booking=settling)
    await left.loses_its_spot()
    assert (await left.gate.enter(START)).verdict.reason is Reason.ENTRY_KEPT
    assert left.state.refund_due == left.state.paid == left.booked.paid


@pytest.mark.parametrize(("spots", "became"), [(["standard"], S.CANCELLED), (["standard", "standard"], S.CONFIRMED)])
async def test_when_no_entry_can_come_any_more_it_is_settled_like_any_other(
    service: FakeInstallation, spots: list[str], became: ReservationStatus
) -> None:
    left = await left_of(service, *spots)
    await left.loses_its_spot()
    assert left.state.spot == left.booked.spot
    await left.is_looked_at_again(REPORTED_WITHIN)
    assert (left.state.status, left.state.spot.number) == (became, str(len(spots)))
    assert (left.change.total, left.change.seen, left.change.waiting) == (1, 1, frozenset())
    await left.is_looked_at_again()
    assert left.change.status is SupplyChangeStatus.DONE


async def test_a_car_at_the_gate_waits_for_nothing(service: FakeInstallation) -> None:
    """It may be back from an errand: it is let in to a spot that is there."""
    left = await left_of(service, "standard", "standard")
    await left.loses_its_spot()
    assert (await left.gate.enter()).verdict.opens
    assert (left.state.status, left.state.spot.number) == (S.ACTIVE, "2")
    assert (left.change.waiting, counts(left.change)) == (frozenset(), {"total": 1, "moved": 1})


async def test_a_car_that_was_let_in_before_its_spot_went_is_in(service: FakeInstallation) -> None:
    """Its gate had no network; it is not given back what it uses."""
    lot = await service.with_lot(["standard", "standard"])
    booked, by = await service.paid(await service.held(lot)), taken_away(lot)
    service.clock.present = START + 10 * MINUTE
    await takes_out(service, by, booked.spot.id)
    assert (await Barrier(service, lot, booked).enter(START)).verdict.opens
    assert (now_of(service, booked).status, now_of(service, booked).spot) == (S.ACTIVE, booked.spot)
    await settles(service)
    assert service.tables.supply_changes[by.id].waiting == {booked.id}


async def test_what_a_change_took_while_it_was_looked_at_is_given_its_time(service: FakeInstallation) -> None:
    """A booking statement that saw it as it was may still be under way when the look's own time is over."""
    lot = await service.with_lot(["standard"])
    by = taken_away(lot)
    await takes_out(service, by, next(iter(service.tables.spots)))
    looks = replace(service.settle_supply_changes, open_work=_goes_on_meanwhile(service))
    service.clock.advance(SETTLING)
    await looks(SettleSupplyChanges())
    change = service.tables.supply_changes[by.id]
    assert (change.status, change.settled_by) == (SupplyChangeStatus.RUNNING, service.clock.now() + SETTLING)


def nothing_kept(service: FakeInstallation) -> OpenWork:
    """Units of work that know of no exit."""
    return altered(service.work, lambda work: replace(work, early_exits=cast("Any", _NothingKept())))


class _NothingKept:
    async def has(self, _reservation_id: UUID, _since: object) -> bool:
        return False


def _goes_on_meanwhile(service: FakeInstallation) -> OpenWork:
    """Units of work in which a change has taken more by the time it is locked."""

    def takes_more(work: Work) -> Work:
        return replace(work, supply_changes=cast("Any", _TakesMore(service, work.supply_changes)))

    return altered(service.work, takes_more)


class _TakesMore:
    def __init__(self, service: FakeInstallation, changes: Any) -> None:
        self._service, self._changes = service, changes
        self._has_taken = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._changes, name)

    async def get(self, change_id: UUID) -> SupplyChange:
        change: SupplyChange = await self._changes.get(change_id)
        if change.state.settled_by is None and not self._has_taken:
            self._has_taken = True
            self._service.clock.advance(SETTLING)
            change.goes_on(self._service.clock.now())
        return change
