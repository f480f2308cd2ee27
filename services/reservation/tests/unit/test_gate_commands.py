"""Driving in and out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest
from services.reservation.tests.examples import START, ZURICH, hourly, period
from services.reservation.tests.fakes.installation import FakeInstallation, operator_of

from parking_kernel.askers import EVERYTHING, THE_SERVICE, Asker
from parking_kernel.money import Money
from parking_kernel.repeatable import Answer, RequestKey
from parking_kernel.violations import InvalidFields
from reservation_service.application.commands.cancel_reservation import CancelReservation, CancelReservationHandler
from reservation_service.application.commands.check_in import CheckIn
from reservation_service.application.commands.check_out import CheckOut
from reservation_service.application.commands.note_no_shows import NoteNoShows, NoteNoShowsHandler
from reservation_service.application.event_handlers.keep_user import KeepUser, KeepUserHandler
from reservation_service.application.ports import LotCopy, UserCopy
from reservation_service.domain.charges import ChargeReason
from reservation_service.domain.errors import UnknownLot
from reservation_service.domain.gate_answers import GateAnswer
from reservation_service.domain.gates import GateVerdict, Reason
from reservation_service.domain.reservations import ReservationState, ReservationStatus

END = START + timedelta(hours=3)
MINUTE = timedelta(minutes=1)
LATER = period(3, START + timedelta(hours=5))


class Barrier:
    """The gates of a lot, whose driver has paid. `replayed` says whether the last answer was given before."""

    def __init__(self, service: FakeInstallation, lot: LotCopy, paid: ReservationState) -> None:
        self.service, self.lot, self.paid = service, lot, paid
        self.asker = operator_of(lot)
        self.credential = f"credential {paid.id}"
        self.replayed = False
        self._given: list[GateAnswer] = []

    async def enter(self, at: datetime | None = None, **more: Any) -> GateAnswer:
        command = CheckIn(self.asker, self.lot.id, self.credential, at, **more)
        return self._seen(await self.service.check_in(command, self._render))

    async def leave(self, at: datetime | None = None, **more: Any) -> GateAnswer:
        command = CheckOut(self.asker, self.lot.id, self.credential, at, **more)
        return self._seen(await self.service.check_out(command, self._render))

    def _render(self, answer: GateAnswer) -> Answer:
        self._given.append(answer)
        return Answer(200, str(len(self._given) - 1).encode())

    def _seen(self, answer: Answer) -> GateAnswer:
        self.replayed = answer.replayed
        return self._given[int(answer.body)]

    @property
    def state(self) -> ReservationState:
        return self.service.tables.reservations[self.paid.id]


@pytest.fixture
async def barrier(service: FakeInstallation) -> Barrier:
    lot = await service.with_lot()
    paid = await service.paid(await service.held(lot))
    service.clock.present = START
    return Barrier(service, lot, paid)


class TestComingIn:
    async def test_once(self, barrier: Barrier) -> None:
        first, second = await barrier.enter(), await barrier.enter()
        assert (first.verdict.reason, second.verdict.reason) == (Reason.OK, Reason.ALREADY_IN)
        assert first.parking_session_id == second.parking_session_id is not None

    async def test_a_clock_that_runs_a_little_ahead_is_taken_for_now(self, barrier: Barrier) -> None:
        barrier.service.clock.present = START - timedelta(minutes=15, seconds=30)
        assert (await barrier.enter(START - timedelta(minutes=15))).verdict.reason is Reason.TOO_EARLY

    @pytest.mark.parametrize(
        ("at", "rule"),
        [
            (START + timedelta(minutes=1, seconds=1), "must not be in the future"),
            (START - timedelta(hours=24, seconds=1), "must be at most 24 hours ago"),
        ],
    )
    async def test_a_report_is_at_most_a_day_old_and_never_ahead(
        self, barrier: Barrier, at: datetime, rule: str
    ) -> None:
        for report in (barrier.enter, barrier.leave):
            with pytest.raises(InvalidFields, match=f"/at: {rule}"):
                await report(at)
        assert (await barrier.enter(START - timedelta(hours=24))).verdict.reason is Reason.TOO_EARLY

    async def test_an_entry_that_is_reported_late_counts_from_when_it_was(self, barrier: Barrier) -> None:
        barrier.service.clock.present = END + MINUTE
        assert (await barrier.enter(END - MINUTE)).verdict.opens
        stay = barrier.state.parking_session
        assert stay is not None
        assert stay.entered_at == END - MINUTE

    @pytest.mark.parametrize("credential", ["charge 1", "forged", f"credential {UUID(int=1)}"])
    async def test_what_was_not_issued_here_opens_nothing(self, barrier: Barrier, credential: str) -> None:
        barrier.credential = credential
        assert (await barrier.enter()).verdict.reason is Reason.INVALID_CREDENTIAL
        assert (await barrier.leave()).verdict.reason is Reason.INVALID_CREDENTIAL

    async def test_another_lots_gate_learns_nothing(self, barrier: Barrier) -> None:
        other = await barrier.service.with_lot()
        there = Barrier(barrier.service, other, barrier.paid)
        await barrier.enter()
        assert await there.enter() == GateAnswer(verdict=(await there.leave()).verdict)
        assert (await there.enter()).verdict.reason is Reason.WRONG_LOT

    async def test_another_operators_lot_does_not_exist(self, barrier: Barrier) -> None:
        barrier.asker = Asker(uuid4(), frozenset({uuid4()}))
        with pytest.raises(UnknownLot):
            await barrier.enter()
        with pytest.raises(UnknownLot):
            await barrier.leave()
        barrier.asker = Asker(permissions=frozenset({EVERYTHING}))
        assert (await barrier.enter()).verdict.opens


class TestGoingOut:
    async def test_in_time_nothing_is_owed_and_the_spot_is_free(self, barrier: Barrier) -> None:
        await barrier.enter()
        barrier.service.clock.present = END
        out = await barrier.leave(END)
        assert (out.verdict.opens, out.amount_due) == (True, Money(0, "CHF"))
        assert barrier.service.tables.allocations == []
        assert (await barrier.leave()).verdict.reason is Reason.ALREADY_OUT

    async def test_who_cannot_be_in_does_not_go_out(self, barrier: Barrier) -> None:
        barrier.service.clock.present = START - timedelta(minutes=16)
        assert (await barrier.leave()).verdict.reason is Reason.NOT_IN
        assert barrier.service.tables.early_exits == {}

    async def test_overstay_costs_by_the_bookings_own_tariff(self, barrier: Barrier) -> None:
        dear = hourly(10_000)
        async with barrier.service.work(THE_SERVICE) as work:
            await work.copies.keep_tariff(dear)
            await work.copies.keep_lot(replace(barrier.lot, tariff_id=dear.id, version=2))
        await barrier.enter()
        barrier.service.clock.present = END + 61 * MINUTE
        out = await barrier.leave()
        assert out.amount_due == Money(400, "CHF")
        assert barrier.service.published()[-2:] == ["ChargeRaised", "ReservationCompleted"]
        overstay = barrier.state.payable
        assert overstay is not None
        assert overstay.amount == Money(400, "CHF")

    async def test_what_is_left_at_the_end_below_the_least_charge_is_waived_and_said_so(
        self, service: FakeInstallation
    ) -> None:
        lot = await service.with_lot(tariff=hourly(20))
        barrier = Barrier(service, lot, await service.paid(await service.held(lot)))
        service.clock.present = START
        await barrier.enter()
        service.clock.present = END + 61 * MINUTE
        out = await barrier.leave()
        assert out.amount_due == Money(0, "CHF"), "no debt that stays"
        state = barrier.state
        assert state.payable is None
        assert (state.status, state.owed, state.paid) == (ReservationStatus.COMPLETED, state.paid, Money(60, "CHF"))
        assert state.waived == Money(40, "CHF")
        line = state.charges[-1].line_items[-1]
        assert (line.label, line.kind, line.amount) == ("Waived: 0.40 CHF cannot be charged", "waived", -40)
        assert state.priced.amount == sum(item.amount for charge in state.charges for item in charge.line_items)

    async def test_of_an_unpayable_fraction_the_rest_is_waived(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(tariff=hourly(1255, "KWD"))
        barrier = Barrier(service, lot, await service.paid(await service.held(lot)))
        service.clock.present = START
        await barrier.enter()
        service.clock.present = END + MINUTE
        out = await barrier.leave()
        assert out.amount_due == Money(1250, "KWD")
        assert barrier.state.waived == Money(5, "KWD")
        overstay = barrier.state.charges[-1]
        assert sum(item.amount for item in overstay.line_items) == overstay.amount.amount == 1250
        assert overstay.tax == Money(89, "KWD")


class TestReportsAreFacts:
    async def test_the_same_key_gets_the_first_answer_again(self, barrier: Barrier) -> None:
        key = RequestKey("gate-1:in", "k", b"body")
        first = await barrier.enter(key=key)
        assert (first.verdict.reason, barrier.replayed) == (Reason.OK, False)
        assert (await barrier.enter(key=key), barrier.replayed) == (first, True)
        assert (await barrier.enter()).verdict.reason is Reason.ALREADY_IN

    async def test_the_same_credential_gate_and_time_get_the_first_answer_again(self, barrier: Barrier) -> None:
        first = await barrier.enter(START, gate_id="north")
        again = await barrier.enter(START.astimezone(ZURICH), gate_id="north")
        assert (again, barrier.replayed) == (first, True)
        assert first.verdict.opens
        assert barrier.service.published().count("ReservationCheckedIn") == 1

    async def test_under_a_key_or_without_it_is_the_same_fact(self, barrier: Barrier) -> None:
        first = await barrier.enter(START)
        for name in ("k", "k", "l"):
            assert await barrier.enter(START, key=RequestKey("gate-1:in", name, b"body")) == first

    @pytest.mark.parametrize(
        "another",
        [
            pytest.param({"at": START, "gate_id": "south"}, id="another gate"),
            pytest.param({"at": START}, id="a gate without a name"),
            pytest.param({"at": START - MINUTE, "gate_id": "north"}, id="another time"),
            pytest.param({"gate_id": "north"}, id="no time"),
        ],
    )
    async def test_anything_else_is_another_report(self, barrier: Barrier, another: dict[str, Any]) -> None:
        await barrier.enter(START, gate_id="north")
        assert (await barrier.enter(**another)).verdict.reason is Reason.ALREADY_IN
        assert not barrier.replayed

    async def test_the_entry_and_the_exit_of_one_instant_are_two_reports(self, barrier: Barrier) -> None:
        assert (await barrier.enter(START)).verdict.opens
        assert (await barrier.leave(START)).verdict.opens
        assert barrier.state.status is ReservationStatus.COMPLETED

    async def test_what_was_answered_is_answered_again_when_it_would_be_too_late_by_now(self, barrier: Barrier) -> None:
        first = await barrier.enter(START)
        barrier.service.clock.advance(timedelta(days=2))
        assert await barrier.enter(START) == first

    async def test_another_operator_gets_no_answer_again(self, barrier: Barrier) -> None:
        await barrier.enter(START)
        barrier.asker = Asker(uuid4(), frozenset({uuid4()}))
        with pytest.raises(UnknownLot):
            await barrier.enter(START)


class TestAnExitBeforeItsEntry:
    async def test_it_opens_is_kept_and_completes_the_stay_when_the_entry_comes(self, barrier: Barrier) -> None:
        barrier.service.clock.present = START + timedelta(hours=1)
        out = await barrier.leave()
        assert (out.verdict.reason, out.verdict.opens) == (Reason.EXIT_KEPT, True)
        assert barrier.state.status is ReservationStatus.CONFIRMED
        entered = await barrier.enter(START)
        assert entered.verdict.reason is Reason.OK
        state = barrier.state
        assert state.status is ReservationStatus.COMPLETED
        assert state.parking_session is not None
        assert (state.parking_session.entered_at, state.parking_session.exited_at) == (START, START + 60 * MINUTE)
        assert (barrier.service.tables.allocations, barrier.service.tables.early_exits) == ([], {})
        assert barrier.service.published()[-2:] == ["ReservationCheckedIn", "ReservationCompleted"]

    async def test_what_it_owes_for_its_length_is_charged_when_the_entry_comes(self, barrier: Barrier) -> None:
        barrier.service.clock.present = END + 61 * MINUTE
        await barrier.leave()
        entered = await barrier.enter(START)
        assert (entered.amount_due, entered.due_for) == (Money(400, "CHF"), (ChargeReason.OVERSTAY,))
        assert barrier.state.status is ReservationStatus.COMPLETED

    async def test_a_no_show_whose_exit_comes_first_was_there(self, barrier: Barrier) -> None:
        barrier.service.clock.present = END + MINUTE
        note = NoteNoShowsHandler(barrier.service.work, barrier.service.attempts)
        assert await note(NoteNoShows()) == 1
        assert (await barrier.leave(END - 30 * MINUTE)).verdict.reason is Reason.EXIT_KEPT
        assert (await barrier.enter(START)).verdict.opens
        assert barrier.state.status is ReservationStatus.COMPLETED

    async def test_an_exit_before_the_entry_happened_is_not_the_stays(self, barrier: Barrier) -> None:
        await barrier.leave(START)
        barrier.service.clock.advance(MINUTE)
        assert (await barrier.enter()).verdict.opens
        assert barrier.state.status is ReservationStatus.ACTIVE
        assert (await barrier.leave()).verdict.reason is Reason.OK

    async def test_of_several_exits_the_first_since_the_entry_counts(self, barrier: Barrier) -> None:
        barrier.service.clock.present = START + timedelta(hours=2)
        for minutes in (90, 5, 30):
            await barrier.leave(START + minutes * MINUTE)
        await barrier.enter(START + 10 * MINUTE)
        assert barrier.state.parking_session is not None
        assert barrier.state.parking_session.exited_at == START + 30 * MINUTE

    @pytest.mark.parametrize("order", list(permutations(range(4))))
    async def test_a_day_of_two_stays_synced_in_any_order_loses_none(
        self, barrier: Barrier, order: Sequence[int]
    ) -> None:
        """Each stay has its entry and its exit, and each report is sent twice. Both ends have passed meanwhile."""
        service, lot = barrier.service, await barrier.service.with_lot()
        stays = [barrier, Barrier(service, lot, await service.paid(await service.held(lot, when=LATER)))]
        service.clock.present = START + timedelta(hours=23)
        assert await NoteNoShowsHandler(service.work, service.attempts)(NoteNoShows()) == 2
        reports = [
            (stays[0].enter, START),
            (stays[0].leave, START + timedelta(hours=2)),
            (stays[1].enter, LATER.starts_at),
            (stays[1].leave, LATER.ends_at),
        ]
        answers = [await reports[each][0](reports[each][1]) for each in order]
        assert all(answer.verdict.opens for answer in answers)
        assert [await reports[each][0](reports[each][1]) for each in order] == answers
        assert [stay.state.status for stay in stays] == [ReservationStatus.COMPLETED] * 2


class TestASuspendedUser:
    async def happens(self, barrier: Barrier, version: int, *, is_suspended: bool) -> None:
        """Auth published that."""
        clock = barrier.service.clock
        user = UserCopy(barrier.paid.user_id, is_suspended, clock.now(), version)
        async with barrier.service.work(THE_SERVICE) as work:
            await KeepUserHandler(clock)(work, KeepUser(user))

    async def test_is_denied_entry_with_that_reason_until_reinstated(self, barrier: Barrier) -> None:
        await self.happens(barrier, 2, is_suspended=True)
        denied = await barrier.enter()
        assert (denied.verdict.reason, denied.verdict.opens) == (Reason.USER_SUSPENDED, False)
        assert denied.message == "This account is suspended. Please ask the operator."
        assert barrier.state.status is ReservationStatus.CONFIRMED, "the reservation stands"
        await self.happens(barrier, 3, is_suspended=False)
        assert (await barrier.enter()).verdict.opens

    async def test_gets_out_in_any_case_and_owes_what_is_owed(self, barrier: Barrier) -> None:
        await barrier.enter()
        await self.happens(barrier, 2, is_suspended=True)
        barrier.service.clock.present = END + 61 * MINUTE
        out = await barrier.leave()
        assert (out.verdict.opens, out.amount_due) == (True, Money(400, "CHF"))

    async def test_gets_out_though_the_entry_was_not_reported_yet(self, barrier: Barrier) -> None:
        barrier.service.clock.advance(MINUTE)
        await self.happens(barrier, 2, is_suspended=True)
        assert (await barrier.leave()).verdict.opens
        assert (await barrier.enter(START)).verdict.opens, "that was before the suspension"
        assert barrier.state.status is ReservationStatus.COMPLETED

    async def test_the_operator_learns_of_it_with_each_reservation_that_stands(self, barrier: Barrier) -> None:
        service, user_id = barrier.service, barrier.paid.user_id
        over = await service.paid(await service.held(barrier.lot, when=LATER, user_id=user_id))
        await CancelReservationHandler(service.work)(CancelReservation(Asker(user_id), over.id))
        service.tables.outbox.clear()
        await self.happens(barrier, 2, is_suspended=True)
        await self.happens(barrier, 2, is_suspended=True)
        await self.happens(barrier, 3, is_suspended=True)
        await self.happens(barrier, 4, is_suspended=False)
        published = [(each.reservation.id, each.reason, each.changed) for each in service.tables.outbox]
        assert published == [
            (barrier.paid.id, "user_suspended", ("user_status",)),
            (barrier.paid.id, "user_reinstated", ("user_status",)),
        ]


class TestWhatADisplayNeeds:
    async def test_an_open_entry_says_where_to_park(self, barrier: Barrier) -> None:
        entered = await barrier.enter()
        assert (entered.spot_number, entered.vehicle_plate) == ("1", "ZH 1")
        assert entered.message == "Welcome. Your spot is 1."

    async def test_too_early_says_when_by_the_lots_clock(self, barrier: Barrier) -> None:
        barrier.service.clock.present = START - timedelta(hours=1)
        early = await barrier.enter()
        assert early.opens_at == START - timedelta(minutes=15)
        assert early.message == "Too early. You can drive in from 2026-03-03 12:45."

    async def test_unpaid_says_what_for(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        barrier = Barrier(service, lot, await service.held(lot))
        unpaid = await barrier.enter()
        assert (unpaid.amount_due, unpaid.due_for) == (Money(600, "CHF"), (ChargeReason.BOOKING,))
        assert unpaid.message == "This reservation is not paid yet. To pay: 6.00 CHF for the booking."

    async def test_an_exit_says_what_is_owed_and_why(self, barrier: Barrier) -> None:
        await barrier.enter()
        barrier.service.clock.present = END + 61 * MINUTE
        out = await barrier.leave()
        assert out.due_for == (ChargeReason.OVERSTAY,)
        assert out.message == "Goodbye. To pay: 4.00 CHF for staying longer than booked."
        again = await barrier.leave()
        assert (again.verdict.reason, again.amount_due) == (Reason.ALREADY_OUT, Money(400, "CHF"))

    async def test_every_reason_has_a_short_text(self) -> None:
        for reason in Reason:
            answer = GateAnswer(GateVerdict(reason), spot_number="1", opens_at=START)
            assert 0 < len(answer.message) <= 100

    async def test_a_plate_stays_out_of_logs(self, barrier: Barrier) -> None:
        assert "ZH 1" not in repr(await barrier.enter())
