"""Source events: what other services published, and whom each of them is news to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from notification_service.domain import rooms
from notification_service.domain.coming_refunds import RefundOrder
from notification_service.domain.notifications import Details, NotificationKind
from notification_service.domain.rooms import Room, RoomKind

NEWS_FOR = timedelta(days=7)
"""Older events notify nobody: a group that reads its topic again from the start must not mail about last year.

It is shorter than the inbox remembers, so nobody is notified twice either.
"""

MAILED_FOR = timedelta(hours=12)
"""Older events reach the inbox alone: after a night's outage a mail still says something, after a day it confuses."""

KINDS = {
    "reservation.confirmed": NotificationKind.RESERVATION_CONFIRMED,
    "reservation.reinstated": NotificationKind.RESERVATION_CONFIRMED,
    "reservation.changed": NotificationKind.RESERVATION_CHANGED,
    "reservation.extended": NotificationKind.RESERVATION_CHANGED,
    "reservation.cancelled": NotificationKind.RESERVATION_CANCELLED,
    "reservation.expired": NotificationKind.RESERVATION_EXPIRED,
    "reservation.no_show": NotificationKind.RESERVATION_NO_SHOW,
    "charge.raised": NotificationKind.OVERSTAY_WARNING,
    "payment.succeeded": NotificationKind.PAYMENT_SUCCEEDED,
    "payment.failed": NotificationKind.PAYMENT_FAILED,
    "payment.refunded": NotificationKind.PAYMENT_REFUNDED,
}

OVERSTAY = "overstay"
"""Reservation's reason of a charge for staying beyond the end."""

# A change of what is owed or paid is for the payment's own notifications.
MONEY = frozenset({"charges", "amount_owed", "amount_paid", "refund_due"})
USER_STATUS = "user_status"
# Whether the driver is suspended is for the operators: to the driver the reservation itself is as it was.
NO_NEWS = MONEY | {USER_STATUS}
OPERATORS_KINDS = {
    "user_suspended": NotificationKind.DRIVER_SUSPENDED,
    "user_reinstated": NotificationKind.DRIVER_REINSTATED,
}
"""By reservation's reason for a change of the driver's status."""


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """One event of another service. `public` is what rooms get: no personal data, in the API's words.

    `name` is the event's short type, such as `reservation.confirmed`. `refund_orders` are all of a reservation, where
    the event says of which payments something goes back.
    """

    event_id: UUID
    name: str
    at: datetime
    rooms: tuple[Room, ...]
    public: Mapping[str, object]
    user_id: UUID | None = None
    details: Details | None = None
    changed: frozenset[str] = frozenset()
    refund_orders: tuple[RefundOrder, ...] | None = None
    organization_id: UUID | None = None

    @property
    def kind(self) -> NotificationKind | None:
        """What the user is notified of; nothing for what is no news to them."""
        if self.changed and self.changed <= NO_NEWS:
            return None
        if self.name == "charge.raised" and not self._is_overstay_to_pay:
            return None
        return KINDS.get(self.name)

    @property
    def operators_kind(self) -> NotificationKind | None:
        """What the operators of the lot are notified of; nothing for what is no news to them."""
        if self.details is None or self.details.reason is None or USER_STATUS not in self.changed:
            return None
        return OPERATORS_KINDS.get(self.details.reason)

    @property
    def _is_overstay_to_pay(self) -> bool:
        return self.details is not None and self.details.reason == OVERSTAY and self.details.amount.amount > 0

    def is_news(self, now: datetime) -> bool:
        """Whether somebody should still be notified."""
        return now - self.at < NEWS_FOR

    def deserves_mail(self, now: datetime) -> bool:
        """Whether somebody should be notified outside the inbox too."""
        return now - self.at < MAILED_FOR

    def is_live(self, now: datetime) -> bool:
        """Whether rooms still get it."""
        return now - self.at < rooms.KEPT


def reservation_rooms(reservation_id: UUID, user_id: UUID | None, organization_id: UUID) -> tuple[Room, ...]:
    """Who listens to a reservation: its driver, everyone who looks at it, and the lot's operator."""
    own = (Room(RoomKind.RESERVATION, reservation_id), Room(RoomKind.ORGANIZATION, organization_id))
    return (*own, Room(RoomKind.USER, user_id)) if user_id else own


def payment_rooms(reservation_id: UUID, user_id: UUID | None) -> tuple[Room, ...]:
    """Who listens to a payment: its driver, and everyone who looks at the reservation."""
    own = (Room(RoomKind.RESERVATION, reservation_id),)
    return (*own, Room(RoomKind.USER, user_id)) if user_id else own


def occupancy_rooms(parking_lot_id: UUID) -> tuple[Room, ...]:
    """Who listens to what sensors see: everyone who looks at the lot."""
    return (Room(RoomKind.LOT, parking_lot_id),)


def supply_change_rooms(organization_id: UUID | None, bookings: int) -> tuple[Room, ...]:
    """Who listens to a change of supply: the lot's operator, where any booking was in its way."""
    return (Room(RoomKind.ORGANIZATION, organization_id),) if organization_id and bookings else ()
