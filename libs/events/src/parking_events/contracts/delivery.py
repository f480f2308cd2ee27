"""`notification.delivery.v1`: who was notified of what, without the words and without the address."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.enumerations import Open
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

    delivery_id: UUID = Field(description="The delivery: one message on one channel.")
    notification_id: UUID = Field(description="What the user was notified of; its deliveries share it.")
    user_id: UUID = Field(description="The user who was notified.")
    kind: Code = Field(description="The kind of notification, such as `reservation_confirmed`.")
    channel: Open[Channel] = Field(description="The way the message took.")
    status: Open[DeliveryStatus] = Field(description="How the delivery ended.")
    attempted_at: Instant = Field(description="When the message was sent, or the last attempt failed.")
    reservation_id: UUID | None = Field(
        default=None, description="The reservation that it is about, if it is about one."
    )
    failure_code: Code | None = Field(default=None, description="Why the delivery failed; absent where it did not.")


class NotificationSentV1(DeliveryState):
    """The message left."""

    event_type: ClassVar[str] = "parking.notification.sent.v1"


class NotificationFailedV1(DeliveryState):
    """The message could not be delivered; `failure_code` says why."""

    event_type: ClassVar[str] = "parking.notification.failed.v1"
