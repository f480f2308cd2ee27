"""Gates without a network: cars that were let in before a cancellation, clocks that differ, exits that are kept."""

from datetime import datetime, timedelta

import pytest
from services.reservation.tests.examples import START
from services.reservation.tests.fakes.installation import FakeInstallation
from services.reservation.tests.unit.test_gate_commands import END, MINUTE, Barrier

from parking_kernel.askers import THE_SERVICE, Asker
from reservation_service.application.commands.cancel_reservation import CancelReservation, CancelReservationHandler
from reservation_service.application.commands.note_no_shows import NoteNoShows, NoteNoShowsHandler
from reservation_service.application.event_handlers.keep_user import KeepUser, KeepUserHandler
from reservation_service.application.ports import UserCopy
from reservation_service.domain.errors import NotCancellable
from reservation_service.domain.gates import CLOCKS_DIFFER, Reason
from reservation_service.domain.reservations import ReservationStatus


@pytest.fixture
async def barrier(service: FakeInstallation) -> Barrier:
    lot = await service.with_lot()
    paid = await service.paid(await service.held(lot))
    service.clock.present = START
    return Barrier(service, lot, paid)


class TestCancelledUnderTheCar:
    """A gate without a network let a car in by its list, and the driver cancelled a moment later."""

    @pytest.fixture
    async def cancelled(self, barrier: Barrier) -> Barrier:
        barrier.service.clock.present = START - 5 * MINUTE
        await cancel(barrier)
        barrier.service.clock.present = END
        return barrier

    @pytest.mark.parametrize("came_in", [START - 10 * MINUTE, START], ids=["before it", "by an older list"])
    @pytest.mark.parametrize("first", ["entry", "exit"])
    async def test_the_stay_is_kept_for_the_operator_in_either_order(
        self, cancelled: Barrier, first: str, came_in: datetime
    ) -> None:
        reports = [(cancelled.enter, came_in), (cancelled.leave, START + 60 * MINUTE)]
        in_turn = reports if first == "entry" else reports[::-1]
        reasons = {(await report(at)).verdict.reason for report, at in in_turn}
        assert reasons == {Reason.ENTRY_KEPT, Reason.EXIT_KEPT}
        async with cancelled.service.work(THE_SERVICE) as work:
            (stay,) = await work.unsettled_stays.all(10)
        assert (stay.reservation_id, stay.parking_lot_id) == (cancelled.paid.id, cancelled.lot.id)
        assert (stay.entered_at, stay.exited_at) == (came_in, START + 60 * MINUTE)
        assert cancelled.state.status is ReservationStatus.CANCELLED

    async def test_an_exit_that_was_kept_before_it_was_cancelled_is_the_operators_too(self, cancelled: Barrier) -> None:
        """As a supply change, or a full refund, cancels what the driver could not."""
        left = START + 30 * MINUTE
        cancelled.service.tables.early_exits[cancelled.paid.id, left] = None
        assert (await cancelled.enter(START)).verdict.reason is Reason.ENTRY_KEPT
        async with cancelled.service.work(THE_SERVICE) as work:
            (stay,) = await work.unsettled_stays.all(10)
        assert (stay.entered_at, stay.exited_at) == (START, left)
        assert cancelled.service.tables.early_exits == {}

    async def test_the_exit_opens_while_the_gate_of_the_entry_has_no_network(self, cancelled: Barrier) -> None:
        cancelled.service.clock.present = START + 60 * MINUTE
        assert (await cancelled.leave()).verdict.opens

    async def test_a_gate_with_a_network_denies_it(self, cancelled: Barrier) -> None:
        cancelled.service.clock.present = START + 5 * MINUTE
        assert (await cancelled.enter()).verdict.reason is Reason.CANCELLED
        assert cancelled.service.tables.unsettled_stays == {}

    async def test_where_an_exit_is_known_nothing_is_cancelled(self, barrier: Barrier) -> None:
        barrier.service.clock.present = START + 60 * MINUTE
        await barrier.leave()
        with pytest.raises(NotCancellable, match="was here"):
            await cancel(barrier)
        assert (await barrier.enter(START)).verdict.opens


class TestSuspendedUnderTheCar:
    """A gate without a network let the car in by a list that was older than the suspension."""

    @pytest.mark.parametrize("first", ["entry", "exit"])
    async def test_the_stay_counts_in_either_order(self, barrier: Barrier, first: str) -> None:
        clock = barrier.service.clock
        clock.present = START - MINUTE
        suspended = KeepUser(UserCopy(barrier.paid.user_id, True, clock.now(), 2))
        async with barrier.service.work(THE_SERVICE) as work:
            await KeepUserHandler(clock)(work, suspended)
        clock.present = END - timedelta(seconds=1)
        assert (await barrier.enter()).verdict.reason is Reason.USER_SUSPENDED, "by a gate that asks"
        reports = [(barrier.enter, START), (barrier.leave, END - 2 * MINUTE)]
        for report, at in reports if first == "entry" else reports[::-1]:
            assert (await report(at)).verdict.opens
        assert barrier.state.status is ReservationStatus.COMPLETED
        assert barrier.service.tables.early_exits == {}


async def test_an_exit_of_another_stay_does_not_stand_for_the_one_that_is_over(barrier: Barrier) -> None:
    await barrier.leave()
    barrier.service.clock.advance(timedelta(seconds=1))
    await barrier.enter()
    await barrier.leave()
    with pytest.raises(NotCancellable) as refused:
        await cancel(barrier)
    assert "was here" not in str(refused.value)


class TestClocksOfTwoGates:
    async def test_an_exit_a_moment_before_its_entry_ends_the_stay(self, barrier: Barrier) -> None:
        barrier.service.clock.present = START + 5 * MINUTE
        await barrier.leave(START)
        await barrier.enter(START + CLOCKS_DIFFER / 2)
        stay = barrier.state.parking_session
        assert barrier.state.status is ReservationStatus.COMPLETED
        assert stay is not None
        assert stay.entered_at == stay.exited_at == START + CLOCKS_DIFFER / 2

    async def test_a_gate_that_asks_now_has_no_clock_of_its_own(self, barrier: Barrier) -> None:
        await barrier.leave()
        barrier.service.clock.advance(timedelta(seconds=1))
        assert (await barrier.enter()).verdict.opens
        assert barrier.state.status is ReservationStatus.ACTIVE

    async def test_more_than_a_minute_is_another_stay(self, barrier: Barrier) -> None:
        barrier.service.clock.present = START + 5 * MINUTE
        await barrier.leave(START)
        await barrier.enter(START + CLOCKS_DIFFER + timedelta(seconds=1))
        assert barrier.state.status is ReservationStatus.ACTIVE


async def test_nobody_is_a_no_show_whose_exit_is_kept_while_the_entry_may_come(barrier: Barrier) -> None:
    clock = barrier.service.clock
    note = NoteNoShowsHandler(barrier.service.work, barrier.service.attempts)
    clock.present = END
    await barrier.leave()
    clock.present = END + timedelta(hours=24) - MINUTE
    assert await note(NoteNoShows()) == 0
    clock.present = END + timedelta(hours=24)
    assert await note(NoteNoShows()) == 1


async def cancel(barrier: Barrier) -> None:
    driver = Asker(barrier.paid.user_id)
    await CancelReservationHandler(barrier.service.work)(CancelReservation(driver, barrier.paid.id))
