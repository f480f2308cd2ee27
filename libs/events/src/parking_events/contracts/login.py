"""`auth.session.v1`: signed-in devices (a login is one family of refresh tokens)."""

from typing import ClassVar
from uuid import UUID

from parking_events.base import WireEvent
from parking_events.topics import LOGIN, Topic
from parking_events.values import Instant


class LoginState(WireEvent):
    """A user's signed-in device. From `revoked_at` on, none of its tokens is good."""

    topic: ClassVar[Topic] = LOGIN
    partition_key_field: ClassVar[str] = "user_id"
    subject_field: ClassVar[str] = "login_id"

    login_id: UUID
    user_id: UUID
    started_at: Instant
    expires_at: Instant
    revoked_at: Instant | None = None


class SessionStartedV1(LoginState):
    """A user signed in."""

    event_type: ClassVar[str] = "parking.session.started.v1"


class SessionRevokedV1(LoginState):
    """The login ended before its time; `reason` says why."""

    event_type: ClassVar[str] = "parking.session.revoked.v1"


class SessionReuseDetectedV1(LoginState):
    """A rotated refresh token came back: the whole family is void."""

    event_type: ClassVar[str] = "parking.session.reuse_detected.v1"
