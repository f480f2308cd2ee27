"""`auth.session.v1`: signed-in devices (a login is one family of refresh tokens)."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.topics import LOGIN, Topic
from parking_events.values import Instant


class LoginState(WireEvent):
    """A user's signed-in device. From `revoked_at` on, none of its tokens is good."""

    topic: ClassVar[Topic] = LOGIN
    partition_key_field: ClassVar[str] = "user_id"
    subject_field: ClassVar[str] = "login_id"

    login_id: UUID = Field(description="The login: one signed-in device, one family of refresh tokens.")
    user_id: UUID = Field(description="Who signed in.")
    started_at: Instant = Field(description="When the user signed in.")
    expires_at: Instant = Field(description="When the login ends by itself.")
    revoked_at: Instant | None = Field(
        default=None, description="From when on no token of the login is valid; absent while it is open."
    )


class SessionStartedV1(LoginState):
    """A user signed in."""

    event_type: ClassVar[str] = "parking.session.started.v1"


class SessionRevokedV1(LoginState):
    """The login ended before its time; `reason` says why."""

    event_type: ClassVar[str] = "parking.session.revoked.v1"


class SessionReuseDetectedV1(LoginState):
    """A rotated refresh token came back: the whole family is void."""

    event_type: ClassVar[str] = "parking.session.reuse_detected.v1"
