"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from notification_service.domain.deliveries import Delivery, DeliveryState
from notification_service.domain.notifications import Notification, NotificationState
from notification_service.domain.rooms import Ownership, RoomEvent, Told, Visitor


@dataclass(frozen=True, slots=True)
class LotCopy:
    """A lot as parking last told it."""

    id: UUID
    name: str
    address: str
    time_zone: str
    version: int


@dataclass(frozen=True, slots=True)
class ReservationCopy:
    """Whose a reservation is, as reservation last told it."""

    id: UUID
    owner: Ownership
    version: int


class Copies(Protocol):
    """What other services told. An older version than the kept one changes nothing."""

    async def keep_lot(self, lot: LotCopy) -> None:
        """Keep a lot."""
        ...

    async def keep_reservations(self, reservations: Sequence[ReservationCopy]) -> None:
        """Keep whose reservations are; of several versions the newest counts."""
        ...

    async def lot(self, parking_lot_id: UUID) -> LotCopy | None:
        """A lot; nothing while it has not arrived."""
        ...

    async def owner(self, reservation_id: UUID) -> Ownership | None:
        """Whose a reservation is; nothing while it has not arrived."""
        ...


class Notifications(Protocol):
    """What users were told: their inbox."""

    async def add(self, notifications: Sequence[Notification]) -> Collection[UUID]:
        """Keep new ones; the ids of those whose event nobody was told of before. The others are not kept."""
        ...

    async def get(self, notification_id: UUID) -> Notification:
        """One, to be changed. Raises `UnknownNotification`."""
        ...

    async def read(self, notification_id: UUID) -> NotificationState:
        """One, as it is. Raises `UnknownNotification`."""
        ...

    async def save(self, notification: Notification) -> None:
        """Keep a changed one. Raises `ChangedMeanwhile`."""
        ...

    async def of_user(
        self, user_id: UUID, after: tuple[datetime, UUID] | None, limit: int
    ) -> Sequence[NotificationState]:
        """A user's, the newest first, after a position."""
        ...


class Deliveries(Protocol):
    """The queue of what is on its way."""

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        """Keep new ones."""
        ...

    async def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[DeliveryState]:
        """Pending mails that are due, which nobody else gets before `until`."""
        ...

    async def get(self, delivery_id: UUID) -> Delivery | None:
        """One, locked until the transaction ends; nothing when it was forgotten."""
        ...

    async def save(self, delivery: Delivery) -> None:
        """Keep a changed one."""
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Delete ones that ended before an instant; how many, at most `limit`."""
        ...


class RoomEvents(Protocol):
    """What rooms were told, kept for a while."""

    async def tell(self, told: Sequence[Told]) -> Sequence[RoomEvent]:
        """Tell rooms something, in this order. At most once in a transaction: rooms are locked in order of their names.

        Whoever listens hears of it after the commit.
        """
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Delete what was told before an instant; how many, at most `limit`."""
        ...


@dataclass(frozen=True, slots=True)
class Ticket:
    """What opens one WebSocket, once. Only a hash of its secret is kept."""

    secret_hash: bytes = field(repr=False)
    visitor: Visitor
    expires_at: datetime


class Tickets(Protocol):
    """Tickets that were given out."""

    async def keep(self, ticket: Ticket) -> None:
        """Keep a new one."""
        ...

    async def use(self, secret_hash: bytes, at: datetime) -> Visitor | None:
        """Use it up; nobody when it does not count."""
        ...

    async def forget(self, before: datetime, limit: int) -> int:
        """Delete ones that expired before an instant; how many, at most `limit`."""
        ...


class Secrets(Protocol):
    """Random secrets, of which only hashes are kept."""

    def new(self) -> str:
        """A new one, safe in a URL."""
        ...

    def hash(self, secret: str) -> bytes:
        """What is kept of it."""
        ...


class Events(Protocol):
    """Where domain events go, in the transaction of what they tell of."""

    async def publish(self, *deliveries: Delivery) -> None:
        """Have everything that happened to the deliveries told to the other services."""
        ...


class Work(Protocol):
    """One transaction's repositories."""

    @property
    def copies(self) -> Copies:
        """What other services told."""
        ...

    @property
    def notifications(self) -> Notifications:
        """The inbox."""
        ...

    @property
    def deliveries(self) -> Deliveries:
        """What is on its way."""
        ...

    @property
    def room_events(self) -> RoomEvents:
        """What rooms were told."""
        ...

    @property
    def tickets(self) -> Tickets:
        """Tickets that were given out."""
        ...

    @property
    def events(self) -> Events:
        """Where events go."""
        ...


OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens a transaction that commits when its block ends, and rolls back when the block raises."""


class RoomLog(Protocol):
    """What rooms were told, for those who listen; it alone knows everything, in order."""

    async def last_id(self, room: str) -> int:
        """The id of the newest event of a room; 0 before the first."""
        ...

    async def since(self, positions: Mapping[str, int], limit: int) -> Sequence[RoomEvent]:
        """Events of several rooms after a position in each, in order within a room; at most `limit`."""
        ...


@dataclass(frozen=True, slots=True)
class Contact:
    """How a user is reached, asked for when a mail is sent and kept nowhere."""

    email: str = field(repr=False)
    full_name: str = field(repr=False)
    locale: str


class ContactsAway(Exception):
    """Auth does not answer now."""


class Contacts(Protocol):
    """Auth, which alone knows addresses."""

    async def of(self, user_id: UUID) -> Contact | None:
        """A user's contact; nothing when there is no such user any more. Raises `ContactsAway`."""
        ...


Following = Callable[[DeliveryState], AbstractContextManager[None]]
"""Goes on, for the length of a block, in the trace of the event that a claimed delivery tells of."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be written: to whom, about what, where. `delivery_id` makes a repeat recognisable."""

    delivery_id: UUID
    contact: Contact
    notification: NotificationState
    lot: LotCopy


class MailServerAway(Exception):
    """Nobody takes mail now."""


class MailPutOff(Exception):
    """The server does not want this mail now (4xx)."""


class MailRefused(Exception):
    """The server will never take a mail to this address (5xx)."""


class MailSender(Protocol):
    """Where mails go."""

    async def send(self, letter: Letter) -> None:
        """Hand a mail over. Raises `MailServerAway`, `MailPutOff` and `MailRefused`."""
        ...
