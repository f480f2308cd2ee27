"""`reservation.reservation.v1`: the reservations, what they owe, and the stays."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.contracts.spot import SpotType
from parking_events.enumerations import Open
from parking_events.topics import RESERVATION, Topic
from parking_events.values import Code, Instant, Money, WireValue


class ReservationStatus(StrEnum):
    """Where the reservation stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    ACTIVE = "active"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


class ReservationOrigin(StrEnum):
    """How it came to be: booked ahead, or driven in."""

    BOOKING = "booking"
    DRIVE_IN = "drive_in"


class ChargeReason(StrEnum):
    """What is owed for."""

    BOOKING = "booking"
    CHANGE = "change"
    EXTENSION = "extension"
    OVERSTAY = "overstay"
    DRIVE_IN = "drive_in"


class ChargeStatus(StrEnum):
    """Whether the charge can still be paid. A void one was replaced, and late money for it goes back."""

    OPEN = "open"
    PAID = "paid"
    VOID = "void"


class Charge(WireValue):
    """An amount that the reservation owes; `tax` is contained in `amount`."""

    charge_id: UUID = Field(description="The charge.")
    amount: Money = Field(description="What it comes to, tax included.")
    tax: Money = Field(description="The part of `amount` that is tax.")
    reason: Open[ChargeReason] = Field(description="What it is owed for.")
    status: Open[ChargeStatus] = Field(description="Whether it can still be paid.")


class RefundOrder(WireValue):
    """An amount that has to go back of one payment. It is given once, never changes, and stays in the state."""

    id: Annotated[UUID, Field(description="The order's id; the refund that carries it out has the same one.")]
    payment_id: Annotated[UUID, Field(description="The payment that the amount goes back of, and of no other.")]
    amount: Annotated[Money, Field(description="What goes back, in the payment's currency.")]
    reason: Annotated[
        Code,
        Field(
            description="Why: `not_owed`, `wrong_amount`, `too_late` (nothing is owed for the payment), `cancelled` "
            "(by the terms of cancellation), `supply_change` (its spot or lot went away), `operator` (the lot's "
            "operator cancelled and gives all back), `converted` (ordered before orders had names). More may come."
        ),
    ]


class ParkingSession(WireValue):
    """The actual stay."""

    parking_session_id: UUID = Field(description="The stay.")
    entered_at: Instant = Field(description="When the car drove in.")
    exited_at: Instant | None = Field(default=None, description="When it drove out; absent while it is in.")
    overstayed_since: Instant | None = Field(
        default=None, description="Since when it is in beyond the end; absent before."
    )


class MovedFrom(WireValue):
    """The spot that a reservation had before that went away. Such a reservation is cancelled free of charge."""

    spot_id: UUID = Field(description="The spot that it had.")
    spot_number: str = Field(description="That spot's number, as it was painted on the ground.")


class ReservationState(WireEvent):
    """A right to a spot's time, `[starts_at, ends_at)`.

    `amount_owed` sums the charges that are not void, `amount_paid` what was captured for them. `refund_due` is all that
    has to go back by policy, over the reservation's whole life: the sum of `refund_orders`, which name the payments.
    A car that drove in without a reservation has no `user_id`.
    """

    topic: ClassVar[Topic] = RESERVATION
    partition_key_field: ClassVar[str] = "reservation_id"
    subject_field: ClassVar[str] = "reservation_id"

    reservation_id: UUID = Field(description="The reservation.")
    user_id: UUID | None = Field(
        default=None, description="The driver; absent for a car that drove in without booking."
    )
    organization_id: UUID = Field(description="The organization that runs the lot.")
    parking_lot_id: UUID = Field(description="The lot.")
    spot_id: UUID = Field(description="The spot.")
    spot_number: str = Field(description="The spot's number, as it is painted on the ground.")
    spot_type: Open[SpotType] = Field(description="The spot's type.")
    origin: Open[ReservationOrigin] = Field(default=ReservationOrigin.BOOKING, description="How it came to be.")
    status: Open[ReservationStatus] = Field(
        description="Whether it waits for its payment, is valid, is in use, or is over."
    )
    starts_at: Instant = Field(description="The first instant of the period.")
    ends_at: Instant = Field(description="The first instant after the period.")
    created_at: Instant = Field(description="When it was made.")
    hold_expires_at: Instant | None = Field(default=None, description="Until when a pending one waits for its payment.")
    tariff_id: UUID | None = Field(default=None, description="The tariff version that it was quoted by.")
    charges: tuple[Charge, ...] = Field(default=(), description="All that was ever charged, the oldest first.")
    amount_owed: Money = Field(description="The sum of the charges that are not void.")
    amount_paid: Money = Field(description="What was captured for them.")
    amount_waived: Money | None = Field(
        default=None,
        description="What the stay would owe beside that, and cannot be charged: less than the payment provider's least"
        " charge, or a fraction. Absent: nothing.",
    )
    refund_due: Money = Field(description="All that has to go back by policy, summed up over the reservation's life.")
    refund_orders: Annotated[
        tuple[RefundOrder, ...] | None,
        Field(
            description="All that has to go back, the oldest order first; orders are added, never taken away. "
            "Absent or null in events of release 0.1, which give the sum alone."
        ),
    ] = None
    parking_session: ParkingSession | None = Field(
        default=None, description="The stay; absent before the car drove in."
    )
    moved_from: MovedFrom | None = Field(
        default=None,
        description="The spot that it had until a change of supply took that away; absent where it has the one that "
        "was booked. The driver may then cancel with a full refund.",
    )


class ReservationCreatedV1(ReservationState):
    """A spot is held until `hold_expires_at`."""

    event_type: ClassVar[str] = "parking.reservation.created.v1"


class ReservationConfirmedV1(ReservationState):
    """What is owed was paid; the spot's time is sure."""

    event_type: ClassVar[str] = "parking.reservation.confirmed.v1"


class ReservationReinstatedV1(ReservationState):
    """Late money came while the spot, or an equal one, was still free: expired became confirmed."""

    event_type: ClassVar[str] = "parking.reservation.reinstated.v1"


class ReservationChangedV1(ReservationState):
    """Time, spot, money or the driver's account changed; `changed` names what, `reason` who or what caused it.

    `changed` holds names of fields (`spot`, `moved_from`, `charges`, `refund_due`), and `user_status` where the
    driver's account was suspended or reinstated (`reason`: `user_suspended`, `user_reinstated`): no field shows that,
    and the reservation stands; a suspended driver is not let in. `reason` is `supply_change` where the spot went away.
    """

    event_type: ClassVar[str] = "parking.reservation.changed.v1"


class ReservationExtendedV1(ReservationState):
    """The end moved on."""

    event_type: ClassVar[str] = "parking.reservation.extended.v1"


class ReservationCancelledV1(ReservationState):
    """Given up; `refund_due` says what goes back.

    `reason` is `driver`, `operator` (the lot's operator; what they wrote is in no event), `supply_change` (its spot or
    lot went away) or `refunded` (an operator gave back all that was paid). More may come.
    """

    event_type: ClassVar[str] = "parking.reservation.cancelled.v1"


class ReservationExpiredV1(ReservationState):
    """The hold ran out unpaid; the spot is free again."""

    event_type: ClassVar[str] = "parking.reservation.expired.v1"


class ReservationCheckedInV1(ReservationState):
    """The car is in."""

    event_type: ClassVar[str] = "parking.reservation.checked_in.v1"


class ReservationOverstayedV1(ReservationState):
    """The car is in beyond the end."""

    event_type: ClassVar[str] = "parking.reservation.overstayed.v1"


class ReservationCompletedV1(ReservationState):
    """The car is out."""

    event_type: ClassVar[str] = "parking.reservation.completed.v1"


class ReservationNoShowV1(ReservationState):
    """Nobody came within the grace period."""

    event_type: ClassVar[str] = "parking.reservation.no_show.v1"


class ChargeRaisedV1(ReservationState):
    """The reservation owes something more; the newest charge is the last of `charges`."""

    event_type: ClassVar[str] = "parking.charge.raised.v1"
