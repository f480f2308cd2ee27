"""What has to go back: each order names its payment, is made once, and never asks a payment for more than it gave."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.reservation.tests.examples import NOW, START, ZURICH, a_hold, hourly, period
from services.reservation.tests.fakes.installation import FakeInstallation

from parking_kernel.askers import THE_SERVICE
from parking_kernel.money import Money
from parking_kernel.pricing import price
from reservation_service.application.event_handlers.follow_refunds import (
    FollowRefunds,
    FollowRefundsHandler,
    Refunded,
)
from reservation_service.domain.charges import Charge, ChargeReason, ChargeStatus, open_charge
from reservation_service.domain.refund_orders import RefundOrder, RefundReason, distributed, next_order
from reservation_service.domain.reservations import HOLD, Reservation, ReservationState, ReservationStatus

S, R = ReservationStatus, RefundReason
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))


def chf(amount: int) -> Money:
    return Money(amount, "CHF")


def extension(hours: int = 1) -> Charge:
    return open_charge(uuid4(), ChargeReason.BOOKING, price(hourly().tariff, period(hours), ZURICH))


def with_charges(*more: Charge) -> Reservation:
    """A reservation that owes its booking, 6.00, and these."""
    state = a_hold().state
    return Reservation(replace(state, charges=(*state.charges, *more)))


def paid_twice() -> Reservation:
    """Confirmed; 6.00 was paid by the first payment and 2.00 by the second."""
    reservation = with_charges(extension())
    for charge, payment in zip(reservation.state.charges, (FIRST, SECOND), strict=True):
        assert reservation.settle(charge.id, payment, charge.amount, NOW)
    assert reservation.state.status is S.CONFIRMED
    return reservation


def named(reservation: Reservation) -> list[tuple[UUID, int, RefundReason]]:
    return [(each.payment_id, each.amount.amount, each.reason) for each in reservation.state.refund_orders]


class TestWhatIsOrdered:
    def test_a_payment_that_nothing_is_owed_for_goes_back_as_a_whole(self) -> None:
        reservation = a_hold()
        charge = reservation.state.charges[0]
        reservation.settle(charge.id, FIRST, chf(600), NOW)
        reservation.settle(charge.id, SECOND, chf(600), NOW)
        reservation.settle(charge.id, THIRD, chf(5), NOW)
        assert named(reservation) == [(SECOND, 600, R.NOT_OWED), (THIRD, 5, R.NOT_OWED)]
        assert reservation.state.refund_due == chf(605)

    def test_and_one_of_a_wrong_amount(self) -> None:
        reservation = a_hold()
        reservation.settle(reservation.state.charges[0].id, FIRST, chf(601), NOW)
        assert named(reservation) == [(FIRST, 601, R.WRONG_AMOUNT)]

    @pytest.mark.parametrize(
        ("before_start", "orders"),
        [
            pytest.param(timedelta(hours=2), [(SECOND, 200), (FIRST, 600)], id="all: of each what it gave"),
            pytest.param(timedelta(minutes=30), [(SECOND, 200), (FIRST, 200)], id="half: the newest gives first"),
            pytest.param(timedelta(minutes=-1), [], id="nothing: no order"),
        ],
    )
    def test_a_cancellation_names_its_payments(self, before_start: timedelta, orders: list[tuple[UUID, int]]) -> None:
        reservation = paid_twice()
        reservation.cancel(START - before_start)
        assert named(reservation) == [(*order, R.CANCELLED) for order in orders]

    def test_late_money_after_a_cancellation_is_an_order_more(self) -> None:
        reservation = paid_twice()
        reservation.cancel(NOW)
        earlier = reservation.state.refund_orders
        reservation.settle(reservation.state.charges[0].id, THIRD, chf(600), NOW)
        assert reservation.state.refund_orders[:2] == earlier
        assert named(reservation)[2:] == [(THIRD, 600, R.NOT_OWED)]

    def test_another_currency_orders_nothing(self) -> None:
        reservation = a_hold()
        with pytest.raises(ValueError, match="CHF and EUR"):
            reservation.settle(uuid4(), FIRST, Money(600, "EUR"), NOW)
        assert reservation.state.refund_orders == ()


class TestIds:
    def test_the_same_history_has_the_same_ids(self) -> None:
        ids = [next_order((), FIRST, chf(1), R.NOT_OWED).id for _ in range(2)]
        assert ids[0] == ids[1] == UUID("6ce3315a-16ec-555d-9582-58f09cb8a511"), "they are known to payment for good"

    def test_each_order_of_a_payment_has_its_own(self) -> None:
        orders: tuple[RefundOrder, ...] = ()
        for payment in (FIRST, SECOND, FIRST, FIRST):
            orders = (*orders, next_order(orders, payment, chf(1), R.CANCELLED))
        assert len({order.id for order in orders}) == 4


AMOUNTS = st.lists(st.integers(1, 10_000), max_size=5)


@given(paid=AMOUNTS, ordered=st.lists(st.integers(1, 10_000), max_size=5), share=st.integers(0, 100))
def test_what_is_distributed_is_all_of_it_and_no_payment_gives_more_than_it_has(
    paid: list[int], ordered: list[int], share: int
) -> None:
    charges = [
        Charge(uuid4(), ChargeReason.BOOKING, ChargeStatus.PAID, chf(amount), chf(0), (), UUID(int=number))
        for number, amount in enumerate(paid, start=1)
    ]
    earlier: list[RefundOrder] = []
    for charge, amount in zip(charges, ordered, strict=False):
        assert charge.paid_by
        earlier.append(next_order(earlier, charge.paid_by, chf(min(amount, charge.amount.amount)), R.NOT_OWED))
    left = sum(paid) - sum(each.amount.amount for each in earlier)
    total = chf(left * share // 100)
    made = distributed(earlier, charges, total, R.CANCELLED)
    given_of: dict[UUID, int] = defaultdict(int)
    for order in (*earlier, *made):
        assert order.amount.amount > 0
        given_of[order.payment_id] += order.amount.amount
    assert sum(each.amount.amount for each in made) == total.amount
    assert all(given_of[charge.paid_by] <= charge.amount.amount for charge in charges if charge.paid_by)
    assert len({each.id for each in (*earlier, *made)}) == len(earlier) + len(made)
    assert distributed(earlier, charges, total, R.CANCELLED) == made


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(0, 5)),
        st.tuples(st.just("pay another amount"), st.integers(0, 5)),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("expire"), st.integers(0, 5)),
        st.tuples(st.just("refund"), st.integers(0, 5)),
        st.tuples(st.just("check in"), st.integers(0, 5)),
    ),
    max_size=12,
)


@given(steps=STEPS)
def test_whatever_happens_a_payment_pays_for_a_charge_or_goes_back_and_never_twice(
    steps: list[tuple[str, int]],
) -> None:
    reservation, captured = with_charges(extension()), dict[UUID, int]()
    for word, value in steps:
        before = reservation.state.refund_orders
        _do(reservation, captured, word, value)
        state = reservation.state
        assert state.refund_orders[: len(before)] == before, "orders are added, never changed"
        assert len({order.id for order in state.refund_orders}) == len(state.refund_orders)
        for payment, amount in captured.items():
            ordered = sum(each.amount.amount for each in state.refund_orders if each.payment_id == payment)
            pays = any(charge.paid_by == payment for charge in state.charges)
            assert ordered <= amount
            assert pays or ordered == amount, "captured money has a charge that it pays for, or goes back in full"


def _do(reservation: Reservation, captured: dict[UUID, int], word: str, value: int) -> None:
    state, payment = reservation.state, UUID(int=value + 1)
    charge = state.charges[value % 2]
    if word.startswith("pay"):
        amount = captured.setdefault(payment, charge.amount.amount + (word != "pay"))
        if not reservation.settle(charge.id, payment, chf(amount), NOW):
            reservation.give_back(payment, chf(amount), R.TOO_LATE, NOW)
    elif word == "cancel" and state.status in {S.PENDING, S.CONFIRMED, S.CANCELLED}:
        reservation.cancel(START - timedelta(minutes=30 * value))
    elif word == "expire":
        reservation.expire(NOW + HOLD)
    elif word == "refund" and payment in captured:
        reservation.note_refund(payment, {uuid4()}, NOW)
    elif word == "check in" and state.status is S.CONFIRMED:
        reservation.check_in(uuid4(), START)


class TestAnOperatorsFullRefund:
    def test_of_all_that_was_paid_cancels(self) -> None:
        reservation = paid_twice()
        assert not reservation.note_refund(SECOND, {uuid4()}, NOW), "the first one still pays"
        assert reservation.state.status is S.CONFIRMED
        assert reservation.note_refund(FIRST, {uuid4()}, NOW)
        event = reservation.events[-1]
        assert (reservation.state.status, event.reason) == (S.CANCELLED, "refunded")
        assert reservation.state.refund_orders == (), "it went back already"

    def test_again_changes_nothing(self) -> None:
        reservation, refund = paid_twice(), {uuid4()}
        reservation.note_refund(SECOND, refund, NOW)
        version = reservation.state.version
        assert not reservation.note_refund(SECOND, refund, NOW)
        assert reservation.state.version == version
        reservation.note_refund(FIRST, refund, NOW)
        version = reservation.state.version
        assert not reservation.note_refund(FIRST, refund, NOW)
        assert reservation.state.version == version

    def test_what_is_still_open_is_not_owed_any_more(self) -> None:
        reservation = paid_twice()
        more = extension(2)
        reservation = Reservation(replace(reservation.state, charges=(*reservation.state.charges, more)))
        for payment in (FIRST, SECOND):
            reservation.note_refund(payment, {uuid4()}, NOW)
        assert [charge.status for charge in reservation.state.charges][-1] is ChargeStatus.VOID

    def test_of_a_payment_that_pays_for_nothing_changes_nothing(self) -> None:
        reservation = paid_twice()
        reservation.settle(reservation.state.charges[0].id, THIRD, chf(600), NOW)
        before = reservation.state
        assert not reservation.note_refund(THIRD, {uuid4()}, NOW)
        assert reservation.state == before

    def test_what_went_back_by_orders_alone_is_no_operators(self) -> None:
        reservation = paid_twice()
        orders = tuple(
            next_order((), payment, chf(amount), R.NOT_OWED) for payment, amount in ((FIRST, 600), (SECOND, 200))
        )
        reservation = Reservation(replace(reservation.state, refund_orders=orders))
        for order in orders:
            assert not reservation.note_refund(order.payment_id, {order.id}, NOW)
            assert not reservation.note_refund(order.payment_id, set(), NOW)
        assert reservation.state.status is S.CONFIRMED

    @pytest.mark.parametrize("status", [each for each in S if each is not S.CONFIRMED])
    def test_in_another_state_changes_nothing(self, status: ReservationStatus) -> None:
        before = replace(paid_twice().state, status=status)
        reservation = Reservation(before)
        for payment in (FIRST, SECOND):
            assert not reservation.note_refund(payment, {uuid4()}, NOW)
        assert reservation.state == before


class TestTheSpotOfARefundedReservation:
    @staticmethod
    async def refunded(service: FakeInstallation, *reservations: ReservationState) -> None:
        refunded = [Refunded(each.id, _payer(each), frozenset({uuid4()})) for each in reservations]
        async with service.work(THE_SERVICE) as work:
            await FollowRefundsHandler(service.clock)(work, FollowRefunds(refunded))

    async def test_is_free_again(self, service: FakeInstallation) -> None:
        lot = await service.with_lot(["standard", "standard"])
        one, other = [await service.paid(await service.held(lot)) for _ in range(2)]
        assert (await service.reserve(lot)).status == 409
        await self.refunded(service, one)
        await self.refunded(service, one)
        assert service.tables.reservations[one.id].status is S.CANCELLED
        assert service.tables.reservations[other.id] == other
        assert (await service.held(lot)).spot == one.spot
        assert service.published().count("ReservationCancelled") == 1

    async def test_stays_with_who_is_in(self, service: FakeInstallation) -> None:
        paid = await service.paid(await service.held(await service.with_lot()))
        inside = replace(paid, status=S.ACTIVE)
        service.tables.reservations[paid.id] = inside
        await self.refunded(service, paid)
        assert service.tables.reservations[paid.id] == inside
        assert [row.reservation_id for row in service.tables.allocations] == [paid.id]


def _payer(state: ReservationState) -> UUID:
    payment = state.charges[0].paid_by
    assert payment is not None
    return payment
