"""A delivery: one notification on its way through one channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from notification_service.domain.notifications import NotificationKind, NotificationState
from parking_kernel.pauses import GrowingPause

PAUSE = GrowingPause(timedelta(seconds=1), timedelta(minutes=1))
"""How long to wait before a delivery that failed is tried again."""
GIVE_UP_AFTER = timedelta(days=2)
"""For a mail that the server puts off again and again. Sooner than RFC 5321 (4.5.4.1) has it: a stay is soon over."""


class Channel(StrEnum):
    """The way that it takes."""

    EMAIL = "email"
    WEBSOCKET = "websocket"


class DeliveryStatus(StrEnum):
    """How it stands."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


class Failure(StrEnum):
    """Why it can never arrive."""

    USER_UNKNOWN = "user_unknown"
    UNVERIFIED = "unverified"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """All there is to know of a delivery. `version` counts what was published of it; of a pending one nothing was.

    `trace` continues the trace of its source event; one that was claimed has it.
    """

    id: UUID
    notification_id: UUID
    user_id: UUID
    reservation_id: UUID
    kind: NotificationKind
    channel: Channel
    status: DeliveryStatus
    due_at: datetime
    created_at: datetime
    attempts: int = 0
    attempted_at: datetime | None = None
    failure: Failure | None = None
    version: int = 0
    trace: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """Something that happened to a delivery, with the state that it led to."""

    at: datetime
    delivery: DeliveryState


class NotificationSent(DeliveryEvent):
    """The message left."""


class NotificationFailed(DeliveryEvent):
    """The message can never arrive."""


class Delivery:
    """The aggregate. Attempts that failed for now are counted and not published."""

    def __init__(self, state: DeliveryState) -> None:
        self.state = state
        self.events: list[DeliveryEvent] = []

    @classmethod
    def of(cls, notification: NotificationState, delivery_id: UUID, channel: Channel, at: datetime) -> "Delivery":
        """A notification that is to take this way."""
        return cls(
            DeliveryState(
                id=delivery_id,
                notification_id=notification.id,
                user_id=notification.user_id,
                reservation_id=notification.details.reservation_id,
                kind=notification.kind,
                channel=channel,
                status=DeliveryStatus.PENDING,
                due_at=at,
                created_at=at,
            )
        )

    @property
    def is_pending(self) -> bool:
        """Whether it is still on its way."""
        return self.state.status is DeliveryStatus.PENDING

    def sent(self, at: datetime) -> None:
        """The message left."""
        self._end(replace(self.state, status=DeliveryStatus.SENT), NotificationSent, at)

    def failed(self, why: Failure, at: datetime) -> None:
        """The message can never arrive."""
        self._end(replace(self.state, status=DeliveryStatus.FAILED, failure=why), NotificationFailed, at)

    def wait(self, at: datetime) -> None:
        """Something that it needs is away: try again after a growing pause, for as long as it takes."""
        attempts = self.state.attempts + 1
        due_at = at + PAUSE.after(attempts)
        self.state = replace(self.state, attempts=attempts, attempted_at=at, due_at=due_at)

    def put_off(self, at: datetime) -> None:
        """The server does not want it now: try again, but not without end."""
        if at - self.state.created_at >= GIVE_UP_AFTER:
            self.failed(Failure.GIVEN_UP, at)
        else:
            self.wait(at)

    def _end(self, state: DeliveryState, event: type[DeliveryEvent], at: datetime) -> None:
        if not self.is_pending:
            return
        self.state = replace(state, attempts=state.attempts + 1, attempted_at=at, version=state.version + 1)
        self.events.append(event(at, self.state))
