"""The tables as dictionaries. Their values are frozen, so a copy of the dictionaries is a copy of everything."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID

from notification_service.application.ports import LotCopy, OrganizationCopy, ReservationCopy
from notification_service.domain.coming_refunds import PaymentCopy
from notification_service.domain.deliveries import DeliveryEvent, DeliveryState
from notification_service.domain.notifications import NotificationState
from notification_service.domain.rooms import RoomEvent
from notification_service.domain.tickets import Ticket


@dataclass
class Tables:
    lots: dict[UUID, LotCopy] = field(default_factory=dict[UUID, LotCopy])
    organizations: dict[UUID, OrganizationCopy] = field(default_factory=dict[UUID, OrganizationCopy])
    reservations: dict[UUID, ReservationCopy] = field(default_factory=dict[UUID, ReservationCopy])
    payments: dict[UUID, PaymentCopy] = field(default_factory=dict[UUID, PaymentCopy])
    notifications: dict[UUID, NotificationState] = field(default_factory=dict[UUID, NotificationState])
    deliveries: dict[UUID, DeliveryState] = field(default_factory=dict[UUID, DeliveryState])
    rooms: dict[str, int] = field(default_factory=dict[str, int])
    room_events: dict[tuple[str, int], tuple[RoomEvent, datetime]] = field(
        default_factory=dict[tuple[str, int], tuple[RoomEvent, datetime]]
    )
    tickets: dict[bytes, Ticket] = field(default_factory=dict[bytes, Ticket])
    outbox: list[DeliveryEvent] = field(default_factory=list[DeliveryEvent])

    def copy(self) -> "Tables":
        return Tables(**{each.name: getattr(self, each.name).copy() for each in fields(self)})

    def take_over(self, draft: "Tables") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(draft, each.name))
