"""A reservation: a right to a spot's time, from the hold to the drive out. The table of states: docs/decisions/0004."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from parking_kernel.money import Money
from parking_kernel.periods import Period
from parking_kernel.pricing import Price
from reservation_service.domain.cancellation import DEFAULT_TERMS, OperatorRefund, refundable
from reservation_service.domain.charges import Charge, ChargeReason, ChargeStatus, open_charge, waived_in
from reservation_service.domain.errors import NotCancellable
from reservation_service.domain.lots import Lot, Spot
from reservation_service.domain.refund_orders import RefundOrder, RefundReason, distributed, next_order

HOLD = timedelta(minutes=15)
SUPPLY_CHANGE = "supply_change"
"""The reason of what happens to a reservation because its spot, or its lot, went away."""
OPERATOR = "operator"
"""The reason of a cancellation by the lot's operator. The operator's own words are in no event."""


class ReservationStatus(StrEnum):
    """Where a reservation stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    ACTIVE = "active"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


S = ReservationStatus

STANDING = (S.PENDING, S.CONFIRMED, S.ACTIVE)
"""Those that hold a spot's time or whose car is in."""


@dataclass(frozen=True, slots=True)
class ParkingSession:
    """The actual stay."""

    id: UUID
    entered_at: datetime
    exited_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReservationState:
    """All there is to know of a reservation, at one version.

    `refund_orders` are all that has to go back, the oldest first: they are added, never changed or taken away.
    `moved_from` is the spot that it had until that went away: its driver may cancel it free of charge. `cancelled_at`
    is none of those that were cancelled before that was kept.
    """

    id: UUID
    user_id: UUID
    organization_id: UUID
    parking_lot_id: UUID
    spot: Spot
    period: Period
    status: ReservationStatus
    tariff_id: UUID
    currency: str
    charges: Sequence[Charge]
    created_at: datetime
    hold_expires_at: datetime | None
    vehicle_plate: str | None = field(repr=False)
    parking_session: ParkingSession | None
    version: int
    refund_orders: tuple[RefundOrder, ...] = ()
    moved_from: Spot | None = None
    cancelled_at: datetime | None = None

    @property
    def payable(self) -> Charge | None:
        """The charge that waits to be paid; an expired hold is not for sale any more."""
        if self.status not in {S.PENDING, S.ACTIVE, S.COMPLETED}:
            return None
        return next((charge for charge in self.charges if charge.status is ChargeStatus.OPEN), None)

    @property
    def owed(self) -> Money:
        """The sum of all charges that are not void."""
        amounts = (charge.amount.amount for charge in self.charges if charge.status is not ChargeStatus.VOID)
        return Money(sum(amounts), self.currency)

    @property
    def priced(self) -> Money:
        """The sum of all charges ever raised: what the line items add up to."""
        return Money(sum(charge.amount.amount for charge in self.charges), self.currency)

    @property
    def waived(self) -> Money:
        """What was owed and cannot be charged: less than the provider's least charge, or a fraction."""
        return Money(waived_in(self.charges), self.currency)

    @property
    def paid(self) -> Money:
        """The sum of the paid charges."""
        amounts = (charge.amount.amount for charge in self.charges if charge.status is ChargeStatus.PAID)
        return Money(sum(amounts), self.currency)

    @property
    def refund_due(self) -> Money:
        """All that has to go back."""
        return Money(sum(order.amount.amount for order in self.refund_orders), self.currency)

    @property
    def returned(self) -> frozenset[UUID]:
        """The payments of which something goes back."""
        return frozenset(order.payment_id for order in self.refund_orders)

    def moved_to(self, spot: Spot) -> "ReservationState":
        """The same on another spot."""
        return replace(self, spot=spot)


@dataclass(frozen=True, slots=True)
class ReservationEvent:
    """Something that happened to a reservation, with the state that it led to."""

    at: datetime
    reservation: ReservationState
    reason: str | None = None
    changed: tuple[str, ...] = ()


class ReservationCreated(ReservationEvent):
    """A spot's time is held."""


class ReservationConfirmed(ReservationEvent):
    """What was owed is paid."""


class ReservationReinstated(ReservationEvent):
    """Late money came, and there was still room."""


class ReservationChanged(ReservationEvent):
    """Another spot, money that changes what is owed or has to go back, or a suspension; `changed` says which."""


class ReservationCancelled(ReservationEvent):
    """The driver gave it up, its operator cancelled it, or its spot went away."""


class ReservationExpired(ReservationEvent):
    """The hold ran out."""


class ReservationCheckedIn(ReservationEvent):
    """The car is in."""


class ReservationCompleted(ReservationEvent):
    """The car is out."""


class ReservationNoShow(ReservationEvent):
    """Nobody came."""


class ChargeRaised(ReservationEvent):
    """It owes something more."""


class Reservation:
    """The aggregate: each change makes one event and the next version; a change of nothing makes none."""

    def __init__(self, state: ReservationState) -> None:
        self.state = state
        self.loaded_version = state.version
        self.events: list[ReservationEvent] = []

    @classmethod
    def hold(
        cls,
        reservation_id: UUID,
        *,
        user_id: UUID,
        lot: Lot,
        spot: Spot,
        period: Period,
        price: Price,
        charge_id: UUID,
        vehicle_plate: str | None,
        at: datetime,
    ) -> "Reservation":
        """A spot's time held for payment; one that costs nothing is confirmed at once."""
        state = ReservationState(
            id=reservation_id,
            user_id=user_id,
            organization_id=lot.organization_id,
            parking_lot_id=lot.id,
            spot=spot,
            period=period,
            status=S.PENDING,
            tariff_id=lot.priced_by.id,
            currency=price.total.currency,
            charges=(open_charge(charge_id, ChargeReason.BOOKING, price),),
            created_at=at,
            hold_expires_at=at + HOLD,
            vehicle_plate=vehicle_plate,
            parking_session=None,
            version=1,
        )
        reservation = cls(state)
        reservation.events.append(ReservationCreated(at, state))
        if state.paid == state.owed:
            confirmed = replace(state, status=S.CONFIRMED, hold_expires_at=None)
            reservation._change(confirmed, ReservationConfirmed, at)
        return reservation

    def settle(self, charge_id: UUID, payment_id: UUID, amount: Money, at: datetime) -> bool:
        """Take note of money that was captured. False: it came after the hold, and room has to be looked for again.

        Money that no open charge waits for, and another amount than the charge's, goes back in full. A payment that is
        known already changes nothing, however often it is published.
        """
        charge = self._charge(charge_id)
        if payment_id in self.state.returned or (charge is not None and charge.paid_by == payment_id):
            return True
        if charge is None or charge.status is not ChargeStatus.OPEN or self.state.status is S.NO_SHOW:
            self.give_back(payment_id, amount, RefundReason.NOT_OWED, at)
            return True
        if charge.amount != amount:
            self.give_back(payment_id, amount, RefundReason.WRONG_AMOUNT, at)
            return True
        if self.state.status is S.EXPIRED:
            return False
        state = self._paid(charge, payment_id)
        if state.status is S.PENDING and state.paid == state.owed:
            self._change(replace(state, status=S.CONFIRMED, hold_expires_at=None), ReservationConfirmed, at)
        else:
            self._change(state, ReservationChanged, at, changed=("charges",))
        return True

    def reinstate(self, charge_id: UUID, payment_id: UUID, spot: Spot, at: datetime) -> None:
        """Late money, and the time of this spot is the driver's again."""
        charge = self._charge(charge_id)
        assert charge is not None, "settle has found the charge"
        state = replace(self._paid(charge, payment_id), status=S.CONFIRMED, spot=spot, hold_expires_at=None)
        moved = ("spot",) if spot != self.state.spot else ()
        self._change(state, ReservationReinstated, at, changed=moved)

    def give_back(self, payment_id: UUID, amount: Money, reason: RefundReason, at: datetime) -> None:
        """Order a refund of a whole payment that nothing is owed for. Raises `ValueError` for another currency."""
        _ = self.state.refund_due + amount  # of one currency
        orders = self.state.refund_orders
        state = replace(self.state, refund_orders=(*orders, next_order(orders, payment_id, amount, reason)))
        self._change(state, ReservationChanged, at, reason=reason.value, changed=("refund_due",))

    def expire(self, at: datetime) -> bool:
        """Expire an overdue hold. False when there is nothing to expire."""
        hold_expires_at = self.state.hold_expires_at
        if self.state.status is not S.PENDING or hold_expires_at is None or at < hold_expires_at:
            return False
        self._change(replace(self.state, status=S.EXPIRED), ReservationExpired, at)
        return True

    def cancel(self, at: datetime) -> None:
        """Give it up; what goes back follows the terms, and is all where it was moved. Raises `NotCancellable`.

        Again changes nothing.
        """
        if self.state.status is S.CANCELLED:
            return
        self._refuse_unless_cancellable()
        self._cancel_with(self._refund_by_terms(at), RefundReason.CANCELLED, "driver", at)

    def cancel_for_operator(self, refund: OperatorRefund, at: datetime) -> None:
        """The lot's operator cancels it, and says what goes back. Raises `NotCancellable`, also for a cancelled one."""
        self._refuse_unless_cancellable()
        match refund:
            case OperatorRefund.FULL:
                self._cancel_with(self.state.paid, RefundReason.OPERATOR, OPERATOR, at)
            case OperatorRefund.BY_TERMS:
                self._cancel_with(self._refund_by_terms(at), RefundReason.CANCELLED, OPERATOR, at)
            case OperatorRefund.NONE:
                self._cancel(self.state, OPERATOR, at)

    def move(self, spot: Spot, at: datetime) -> None:
        """Its spot went away, and this one is as good."""
        state = replace(self.state.moved_to(spot), moved_from=self.state.spot)
        self._change(state, ReservationChanged, at, reason=SUPPLY_CHANGE, changed=("spot", "moved_from"))

    def lose_spot(self, at: datetime) -> None:
        """Its spot went away, and there is no other: all that was paid goes back."""
        self._cancel_with(self.state.paid, RefundReason.SUPPLY_CHANGE, SUPPLY_CHANGE, at)

    def note_refund(self, payment_id: UUID, refund_ids: Collection[UUID], at: datetime) -> bool:
        """Take note that all of a payment went back, by these refunds. True: it is cancelled, and its spot is free.

        That is so when an operator gave back all that was paid for a confirmed reservation. What goes back by orders of
        the reservation's own, and what it has in other states, stays as it is.
        """
        by_operator = set(refund_ids) - {order.id for order in self.state.refund_orders}
        charges = tuple(
            replace(charge, refunded=True) if charge.paid_by == payment_id else charge for charge in self.state.charges
        )
        if self.state.status is not S.CONFIRMED or not by_operator or charges == self.state.charges:
            return False
        state = replace(self.state, charges=charges)
        is_released = all(charge.refunded for charge in charges if charge.paid_by)
        if is_released:
            self._cancel(state, "refunded", at)
        else:
            self._change(state, ReservationChanged, at, reason="refunded", changed=("charges",))
        return is_released

    def check_in(self, parking_session_id: UUID, at: datetime) -> None:
        """The car drives in; `reservation_service.domain.gates` has said that it may."""
        stay = ParkingSession(parking_session_id, at)
        self._change(replace(self.state, status=S.ACTIVE, parking_session=stay), ReservationCheckedIn, at)

    def check_out(self, overstay: Charge | None, at: datetime) -> None:
        """The car drives out, not before it came in; what it owes for staying too long is a charge of its own."""
        stay = self.state.parking_session
        assert stay is not None, "an active reservation has a stay"
        at = max(at, stay.entered_at)
        if overstay:
            self._change(replace(self.state, charges=(*self.state.charges, overstay)), ChargeRaised, at)
        state = replace(self.state, status=S.COMPLETED, parking_session=replace(stay, exited_at=at))
        self._change(state, ReservationCompleted, at)

    def note_no_show(self, at: datetime) -> bool:
        """The period is over and nobody came. False when there is nothing to note."""
        if self.state.status is not S.CONFIRMED or at < self.state.period.ends_at:
            return False
        self._change(replace(self.state, status=S.NO_SHOW), ReservationNoShow, at)
        return True

    def note_user(self, *, is_suspended: bool, at: datetime) -> None:
        """The driver's account was suspended or reinstated; the reservation stands, and its operator has to know."""
        reason = "user_suspended" if is_suspended else "user_reinstated"
        self._change(self.state, ReservationChanged, at, reason=reason, changed=("user_status",))

    def _charge(self, charge_id: UUID) -> Charge | None:
        return next((charge for charge in self.state.charges if charge.id == charge_id), None)

    def _refund_by_terms(self, at: datetime) -> Money:
        """All of it where it was moved."""
        if self.state.moved_from is not None:
            return self.state.paid
        return refundable(self.state.paid, self.state.period.starts_at, at, DEFAULT_TERMS)

    def _refuse_unless_cancellable(self) -> None:
        if self.state.status not in {S.PENDING, S.CONFIRMED}:
            raise NotCancellable(f"A reservation that is {self.state.status.value} cannot be cancelled.")

    def _cancel_with(self, refund: Money, why: RefundReason, reason: str, at: datetime) -> None:
        orders = distributed(self.state.refund_orders, self.state.charges, refund, why)
        self._cancel(replace(self.state, refund_orders=(*self.state.refund_orders, *orders)), reason, at)

    def _cancel(self, state: ReservationState, reason: str, at: datetime) -> None:
        charges = tuple(
            replace(charge, status=ChargeStatus.VOID) if charge.status is ChargeStatus.OPEN else charge
            for charge in state.charges
        )
        cancelled = replace(state, status=S.CANCELLED, charges=charges, hold_expires_at=None, cancelled_at=at)
        self._change(cancelled, ReservationCancelled, at, reason=reason)

    def _paid(self, paid: Charge, payment_id: UUID) -> ReservationState:
        settled = replace(paid, status=ChargeStatus.PAID, paid_by=payment_id)
        charges = tuple(settled if charge.id == paid.id else charge for charge in self.state.charges)
        return replace(self.state, charges=charges)

    def _change(
        self,
        state: ReservationState,
        event: type[ReservationEvent],
        at: datetime,
        *,
        reason: str | None = None,
        changed: tuple[str, ...] = (),
    ) -> None:
        self.state = replace(state, version=self.state.version + 1)
        self.events.append(event(at, self.state, reason, changed))
