"""`notification.delivery.v1`: what was told to whom, without the words and without the address."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from parking_events.base import WireEvent
from parking_events.topics import DELIVERY, Topic
from parking_events.values import Code, Instant


class Channel(StrEnum):
    """The way a message takes."""

    EMAIL = "email"
    SMS = "sms"
    WEB_PUSH = "web_push"
    WEBSOCKET = "websocket"
    INBOX = "inbox"


class DeliveryStatus(StrEnum):
    """How it ended."""

    SENT = "sent"
    FAILED = "failed"


class DeliveryState(WireEvent):
    """One message on one channel."""

    topic: ClassVar[Topic] = DELIVERY
    partition_key_field: ClassVar[str] = "user_id"
    subject_field: ClassVar[str] = "delivery_id"

    delivery_id: UUID
    notification_id: UUID
    user_id: UUID
    kind: Code
    channel: Channel
    status: DeliveryStatus
    attempted_at: Instant
    reservation_id: UUID | None = None
    failure_code: Code | None = None


class NotificationSentV1(DeliveryState):
    """The message left."""

    event_type: ClassVar[str] = "parking.notification.sent.v1"


class NotificationFailedV1(DeliveryState):
    """The message could not be delivered; `failure_code` says why."""

    event_type: ClassVar[str] = "parking.notification.failed.v1"
