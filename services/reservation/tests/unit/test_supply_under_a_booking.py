"""Supply that goes between the look of a booking and its statement."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from services.reservation.tests.fakes.installation import SETTLING, FakeInstallation
from services.reservation.tests.fakes.postgres.bookings import InMemoryBookings
from services.reservation.tests.unit.test_supply_changes import now_of, settles, taken_away, takes_out

from parking_kernel.repeatable import Answer, RequestKey
from reservation_service.application.commands.settle_supply_changes import SettleSupplyChanges
from reservation_service.application.ports import LotCopy
from reservation_service.domain.errors import UnknownSpot
from reservation_service.domain.lots import Lot
from reservation_service.domain.reservations import Reservation, ReservationState, ReservationStatus
from reservation_service.domain.supply import LOOK_AGAIN, SupplyChangeStatus

S = ReservationStatus


class TestBookingMeanwhile:
    async def test_a_spot_that_goes_between_look_and_booking_is_looked_for_again(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(["standard", "standard"])
        first, second = sorted(service.tables.spots.values(), key=lambda each: each.number)
        service.reserve_spot = replace(service.reserve_spot, bookings=_GoesMeanwhile(service, first.id))
        assert (await service.held(lot)).spot.id == second.id

    async def test_a_named_spot_that_goes_meanwhile_is_unknown_and_not_taken(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        spot_id = next(iter(service.tables.spots))
        service.reserve_spot = replace(service.reserve_spot, bookings=_GoesMeanwhile(service, spot_id))
        with pytest.raises(UnknownSpot):
            await service.reserve(lot, spot_id=spot_id)

    async def test_what_a_statement_of_before_books_after_the_look_is_found(self, service: FakeInstallation) -> None:
        """Its snapshot was older than the change; a look that comes at once does not see it."""
        lot = await service.with_lot(["standard", "standard"])
        spot_id, by = min(service.tables.spots.values(), key=lambda each: each.number).id, taken_away(lot)
        before = service.tables.copy()
        await takes_out(service, by, spot_id)
        await service.settle_supply_changes(SettleSupplyChanges())
        late = await _booked_on(before, service, lot, spot_id)
        service.clock.advance(SETTLING)
        await service.settle_supply_changes(SettleSupplyChanges())
        assert now_of(service, late).status is S.CANCELLED
        assert service.tables.supply_changes[by.id].status is SupplyChangeStatus.RUNNING
        service.clock.advance(LOOK_AGAIN)
        await service.settle_supply_changes(SettleSupplyChanges())
        assert service.tables.supply_changes[by.id].status is SupplyChangeStatus.DONE

    async def test_a_change_that_ended_with_its_first_look_would_miss_it(self, service: FakeInstallation) -> None:
        """The negative control of the one before."""
        lot = await service.with_lot(["standard", "standard"])
        spot_id, by = min(service.tables.spots.values(), key=lambda each: each.number).id, taken_away(lot)
        service.settle_supply_changes = replace(service.settle_supply_changes, settling=timedelta())
        before = service.tables.copy()
        await takes_out(service, by, spot_id)
        await service.settle_supply_changes(SettleSupplyChanges())
        late = await _booked_on(before, service, lot, spot_id)
        await settles(service)
        assert now_of(service, late).status is S.PENDING


async def _booked_on(before: Any, service: FakeInstallation, lot: LotCopy, spot_id: UUID) -> ReservationState:
    """A booking that saw the tables as they were before."""
    now = service.tables.copy()
    service.tables.spots = before.spots
    late = await service.held(lot, spot_id=spot_id)
    service.tables.spots = now.spots
    return late


class _GoesMeanwhile(InMemoryBookings):
    """A spot goes out of service when it was just found."""

    def __init__(self, service: FakeInstallation, spot_id: UUID) -> None:
        super().__init__(service.tables, service.clock)
        self._service, self._spot_id = service, spot_id

    async def book(self, reservation: Reservation, lot: Lot, key: RequestKey, answer: Answer) -> Answer | None:
        copy = self._service.tables.lots[lot.id]
        if self._service.tables.spots[self._spot_id].in_service:
            await takes_out(self._service, taken_away(copy), self._spot_id)
        return await super().book(reservation, lot, key, answer)
