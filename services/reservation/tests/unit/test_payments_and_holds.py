"""The saga with payment: money and holds in every order."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from services.reservation.tests.examples import NOW, START, period
from services.reservation.tests.fakes.installation import FakeInstallation
from services.reservation.tests.fakes.payment.outbox import FakePaymentOutbox

from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.money import Money
from parking_kernel.repeatable import purge_answers
from reservation_service.application.commands.advance_payment_watermark import (
    AdvancePaymentWatermark,
    AdvancePaymentWatermarkHandler,
)
from reservation_service.application.commands.cancel_reservation import CancelReservation, CancelReservationHandler
from reservation_service.application.commands.expire_holds import ExpireHolds
from reservation_service.application.commands.note_no_shows import NoteNoShows, NoteNoShowsHandler
from reservation_service.application.event_handlers.settle_payments import Captured, SettlePayments
from reservation_service.application.ports import LotCopy, OpenWork, Work
from reservation_service.domain.errors import NotCancellable, UnknownReservation
from reservation_service.domain.incoming_payments import OutboxState, TakenIn
from reservation_service.domain.reservations import HOLD, Reservation, ReservationState, ReservationStatus

S = ReservationStatus
OWED, NOTHING = Money(600, "CHF"), Money(0, "CHF")


def captured(held: ReservationState) -> Captured:
    return Captured(held.id, held.charges[0].id, uuid4(), held.charges[0].amount)


async def expired(service: FakeInstallation, lot: LotCopy) -> ReservationState:
    held = await service.held(lot)
    service.clock.advance(HOLD)
    service.tables.payment_watermark["seen"] = TakenIn(service.clock.now())
    assert await service.expire_holds(ExpireHolds()) == 1
    return service.tables.reservations[held.id]


class TestMoneyInTime:
    async def test_it_confirms(self, service: FakeInstallation) -> None:
        held = await service.held(await service.with_lot())
        paid = await service.paid(held)
        assert (paid.status, paid.paid) == (S.CONFIRMED, OWED)
        assert service.published() == ["ReservationCreated", "ReservationConfirmed"]

    async def test_published_twice_it_confirms_once(self, service: FakeInstallation) -> None:
        held, payment = await service.held(await service.with_lot()), uuid4()
        await service.paid(held, payment)
        again = await service.paid(held, payment)
        assert (again.version, again.refund_due) == (2, NOTHING)

    async def test_a_second_payment_goes_back_once(self, service: FakeInstallation) -> None:
        held, second = await service.held(await service.with_lot()), uuid4()
        await service.paid(held)
        for _ in range(2):
            again = await service.paid(held, second)
            assert (again.status, again.refund_due, again.returned) == (S.CONFIRMED, OWED, {second})

    async def test_of_several_at_once_each_gets_its_own(self, service: FakeInstallation) -> None:
        lot, second = await service.with_lot(["standard", "standard"]), uuid4()
        one, other = await service.held(lot), await service.held(lot)
        twice = Captured(one.id, one.charges[0].id, second, OWED)
        async with service.work(THE_SERVICE) as work:
            await service.settle(work, SettlePayments([captured(other), captured(one), twice]))
        settled = [service.tables.reservations[each.id] for each in (one, other)]
        assert [(each.status, each.paid, each.refund_due, each.version) for each in settled] == [
            (S.CONFIRMED, OWED, OWED, 3),
            (S.CONFIRMED, OWED, NOTHING, 2),
        ]
        assert sorted(service.published()[2:]) == ["ReservationChanged", "ReservationConfirmed", "ReservationConfirmed"]

    async def test_one_of_an_unknown_reservation_holds_up_all(self, service: FakeInstallation) -> None:
        """The consumer then settles each alone."""
        held = await service.held(await service.with_lot())
        unknown = Captured(uuid4(), uuid4(), uuid4(), OWED)
        with pytest.raises(UnknownReservation):
            async with service.work(THE_SERVICE) as work:
                await service.settle(work, SettlePayments([captured(held), unknown]))
        assert service.tables.reservations[held.id].status is S.PENDING

    async def test_of_an_unknown_reservation_is_not_guessed(self, service: FakeInstallation) -> None:
        held = await service.held(await service.with_lot())
        del service.tables.reservations[held.id]
        with pytest.raises(UnknownReservation):
            await service.paid(held)


class TestLateMoney:
    async def test_the_same_spot_is_still_free(self, service: FakeInstallation) -> None:
        lost = await expired(service, await service.with_lot(["standard", "standard"]))
        back = await service.paid(lost)
        assert (back.status, back.spot, back.refund_due) == (S.CONFIRMED, lost.spot, NOTHING)
        assert service.tables.allocations[0].spot_id == lost.spot.id
        assert service.tables.outbox[-1].changed == ()

    async def test_an_equal_spot_is_free(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "compact", "standard"])
        lost = await expired(service, lot)
        await service.held(lot, spot_id=lost.spot.id)
        back = await service.paid(lost)
        assert (back.status, back.spot.number, back.spot.type) == (S.CONFIRMED, "3", "standard")
        assert service.tables.outbox[-1].changed == ("spot",)

    async def test_only_other_kinds_are_free(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "compact"])
        lost = await expired(service, lot)
        await service.held(lot, spot_id=lost.spot.id)
        back = await service.paid(lost)
        assert (back.status, back.refund_due, back.paid) == (S.EXPIRED, OWED, NOTHING)
        assert service.tables.outbox[-1].reason == "too_late"

    async def test_published_twice_it_goes_back_once(self, service: FakeInstallation) -> None:
        lot, payment = await service.with_lot(), uuid4()
        lost = await expired(service, lot)
        await service.held(lot)
        await service.paid(lost, payment)
        assert (await service.paid(lost, payment)).refund_due == OWED

    async def test_the_period_is_over(self, service: FakeInstallation) -> None:
        lost = await expired(service, await service.with_lot())
        service.clock.present = START + timedelta(hours=3)
        back = await service.paid(lost)
        assert (back.status, back.refund_due) == (S.EXPIRED, OWED)


class TestExpiry:
    async def test_a_hold_that_is_not_due_stays(self, service: FakeInstallation) -> None:
        await service.held(await service.with_lot())
        service.clock.advance(HOLD - timedelta(seconds=1))
        service.tables.payment_watermark["seen"] = TakenIn(START)
        assert await service.expire_holds(ExpireHolds()) == 0

    async def test_it_waits_until_payments_are_taken_in(self, service: FakeInstallation) -> None:
        await service.held(await service.with_lot())
        note = service.advance_payment_watermark
        service.clock.advance(HOLD)
        service.backlog.is_caught_up = False
        await note(AdvancePaymentWatermark())
        assert await service.expire_holds(ExpireHolds()) == 0
        service.backlog.is_caught_up = True
        await note(AdvancePaymentWatermark())
        assert await service.expire_holds(ExpireHolds()) == 1
        assert service.tables.allocations == []

    async def test_it_waits_until_payments_are_published(self, service: FakeInstallation) -> None:
        await service.held(await service.with_lot())
        service.clock.advance(HOLD)
        service.outbox.says = OutboxState(is_clear=False)
        await service.advance_payment_watermark(AdvancePaymentWatermark())
        assert await service.expire_holds(ExpireHolds()) == 0
        assert service.backlog.questions == 0, "what is not published is not in Kafka either"
        service.outbox.says = OutboxState(is_clear=True)
        await service.advance_payment_watermark(AdvancePaymentWatermark())
        assert await service.expire_holds(ExpireHolds()) == 1

    async def test_a_reservation_whose_events_kafka_refuses_waits_alone(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        refused, other = await service.held(lot), await service.held(lot)
        service.clock.advance(HOLD)
        service.outbox.says = OutboxState(is_clear=True, held_reservations=frozenset({refused.id}))
        await service.advance_payment_watermark(AdvancePaymentWatermark())
        assert await service.expire_holds(ExpireHolds()) == 1
        states = service.tables.reservations
        assert (states[refused.id].status, states[other.id].status) == (S.PENDING, S.EXPIRED)
        assert (await service.reserve(lot, spot_id=refused.spot.id)).status == 409
        service.clock.advance(timedelta(seconds=1))
        service.outbox.says = OutboxState(is_clear=True)
        await service.advance_payment_watermark(AdvancePaymentWatermark())
        assert (await service.reserve(lot, spot_id=refused.spot.id)).status == 201

    async def test_payment_is_asked_after_the_time_and_before_kafka(self, service: FakeInstallation) -> None:
        """What it commits after the instant is not promised; what it has published by its answer is in Kafka."""
        await service.held(await service.with_lot())
        service.clock.advance(HOLD)
        due = service.clock.now()

        class Later(FakePaymentOutbox):
            async def state(self) -> OutboxState:
                assert service.backlog.questions == 0
                service.clock.advance(timedelta(minutes=1))
                return await super().state()

        await AdvancePaymentWatermarkHandler(service.work, Later(), service.backlog)(AdvancePaymentWatermark())
        assert service.tables.payment_watermark["seen"] == TakenIn(due)

    async def test_kafka_is_asked_only_while_a_hold_is_due(self, service: FakeInstallation) -> None:
        await service.held(await service.with_lot())
        note = service.advance_payment_watermark
        await note(AdvancePaymentWatermark())
        assert (service.backlog.questions, service.tables.payment_watermark["seen"]) == (0, TakenIn(NOW))
        service.clock.advance(HOLD)
        await note(AdvancePaymentWatermark())
        assert (service.backlog.questions, service.tables.payment_watermark["seen"]) == (1, TakenIn(NOW + HOLD))


class TestCancelling:
    async def test_it_frees_the_spot(self, service: FakeInstallation) -> None:
        lot, driver = await service.with_lot(), uuid4()
        paid = await service.paid(await service.held(lot, user_id=driver))
        cancel = CancelReservationHandler(service.work)
        state = await cancel(CancelReservation(Asker(driver), paid.id))
        assert (state.status, state.refund_due) == (S.CANCELLED, OWED)
        assert (await service.reserve(lot)).status == 201
        assert await cancel(CancelReservation(Asker(driver), paid.id)) == state

    async def test_only_ones_own(self, service: FakeInstallation) -> None:
        held = await service.held(await service.with_lot())
        with pytest.raises(UnknownReservation):
            await CancelReservationHandler(service.work)(CancelReservation(Asker(uuid4()), held.id))

    async def test_what_is_refused_stays_as_it_was(self, service: FakeInstallation) -> None:
        lost = await expired(service, await service.with_lot())
        with pytest.raises(NotCancellable):
            await CancelReservationHandler(service.work)(CancelReservation(Asker(lost.user_id), lost.id))
        assert service.tables.reservations[lost.id] == lost


class TestNoShowsThatFail:
    async def test_one_that_fails_holds_up_none_behind_it_and_is_tried_again(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard"] * 3)
        missed = [await service.paid(await service.held(lot)) for _ in range(3)]
        service.clock.present = START + timedelta(hours=3)
        ((_, broken), *_rest) = sorted((state.period.ends_at, state.id) for state in missed)
        note = NoteNoShowsHandler(Broken(service.work, {broken}), service.attempts)
        assert await note(NoteNoShows()) == 2
        assert service.tables.reservations[broken].status is S.CONFIRMED
        mended = replace(note, open_work=service.work)
        assert await mended(NoteNoShows()) == 0, "it is left alone for a while"
        service.clock.advance(timedelta(minutes=1))
        assert await mended(NoteNoShows()) == 1
        assert {each.status for each in service.tables.reservations.values()} == {S.NO_SHOW}

    async def test_many_that_fail_hide_none(self, service: FakeInstallation) -> None:
        """As many as are read at once, and they come first each time."""
        lot = await service.with_lot(["standard"] * 201)
        missed = [await service.paid(await service.held(lot)) for _ in range(201)]
        service.clock.present = START + timedelta(hours=3)
        *broken, last = [each for _, each in sorted((state.period.ends_at, state.id) for state in missed)]
        note = NoteNoShowsHandler(Broken(service.work, set(broken)), service.attempts)
        assert await note(NoteNoShows()) == 1
        assert service.tables.reservations[last].status is S.NO_SHOW


class TestHoldsThatFail:
    async def due(self, service: FakeInstallation, count: int) -> list[UUID]:
        """So many overdue holds, in the order of expiry."""
        lot = await service.with_lot(["standard"] * count)
        held = [await service.held(lot) for _ in range(count)]
        service.clock.advance(HOLD)
        service.tables.payment_watermark["seen"] = TakenIn(service.clock.now())
        return sorted(each.id for each in held)

    def expired(self, service: FakeInstallation) -> set[UUID]:
        return {each.id for each in service.tables.reservations.values() if each.status is S.EXPIRED}

    async def test_one_that_fails_holds_up_none_and_is_tried_again(self, service: FakeInstallation) -> None:
        broken, *others = await self.due(service, 60)
        expire = replace(service.expire_holds, open_work=Broken(service.work, {broken}))
        assert await expire(ExpireHolds()) == 59
        assert self.expired(service) == set(others)
        assert {row.reservation_id for row in service.tables.allocations} == {broken}
        mended = replace(expire, open_work=service.work)
        assert await mended(ExpireHolds()) == 0, "it is left alone for a while"
        service.clock.advance(timedelta(minutes=1))
        assert await mended(ExpireHolds()) == 1

    async def test_many_that_fail_hide_none(self, service: FakeInstallation) -> None:
        """As many as are read at once, and they come first each time."""
        *broken, last = await self.due(service, 51)
        expire = replace(service.expire_holds, open_work=Broken(service.work, set(broken)))
        assert await expire(ExpireHolds()) == 1
        assert self.expired(service) == {last}


class Broken:
    """Units of work to which some reservations cannot be read."""

    def __init__(self, open_work: OpenWork, broken: set[UUID]) -> None:
        self._open_work = open_work
        self._broken = broken

    @asynccontextmanager
    async def __call__(self, asker: Asker) -> AsyncGenerator[Work]:
        async with self._open_work(asker) as work:
            yield cast("Work", BrokenWork(work, self._broken))


class BrokenWork:
    def __init__(self, work: Work, broken: set[UUID]) -> None:
        self._work, self._broken = work, broken

    def __getattr__(self, name: str) -> object:
        return self if name == "reservations" else getattr(self._work, name)

    async def missed(self, *arguments: Any) -> object:
        return await self._work.reservations.missed(*arguments)

    async def due_holds(self, *arguments: Any, **more: Any) -> object:
        return await self._work.reservations.due_holds(*arguments, **more)

    async def overdue_of(self, reservation_ids: Collection[UUID], at: datetime) -> object:
        if self._broken & set(reservation_ids):
            raise ValueError("unreadable")
        return await self._work.reservations.overdue_of(reservation_ids, at)

    async def save(self, reservation: Reservation) -> None:
        await self._work.reservations.save(reservation)

    async def get(self, reservation_id: UUID) -> Reservation:
        if reservation_id in self._broken:
            raise ValueError("unreadable")
        return await self._work.reservations.get(reservation_id)


class TestTimers:
    async def test_who_did_not_come_by_the_end_is_noted_and_the_spot_freed(self, service: FakeInstallation) -> None:
        lot = await service.with_lot()
        paid = await service.paid(await service.held(lot))
        note = NoteNoShowsHandler(service.work, service.attempts)
        service.clock.present = START + timedelta(hours=3) - timedelta(seconds=1)
        assert await note(NoteNoShows()) == 0
        service.clock.advance(timedelta(seconds=1))
        assert (await note(NoteNoShows()), await note(NoteNoShows())) == (1, 0)
        assert service.tables.reservations[paid.id].status is S.NO_SHOW
        assert service.tables.allocations == []

    async def test_answers_are_stored_for_seven_days(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        first: UUID = (await service.held(lot, key="one")).id
        service.clock.advance(timedelta(days=7))
        assert await purge_answers(service.work) == 0
        service.clock.advance(timedelta(seconds=1))
        assert await purge_answers(service.work) == 1
        later = await service.held(lot, key="one", when=period(3, service.clock.now()))
        assert later.id != first
