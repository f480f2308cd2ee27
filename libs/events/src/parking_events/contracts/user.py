"""`auth.user.v1`: accounts, without anything that says whose they are."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from parking_events.base import WireEvent
from parking_events.enumerations import Open
from parking_events.topics import USER, Topic
from parking_events.values import Code, Instant


class UserStatus(StrEnum):
    """Whether the account may be used."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class UserState(WireEvent):
    """An account. Logins that started before `logins_valid_from` are void."""

    topic: ClassVar[Topic] = USER
    partition_key_field: ClassVar[str] = "user_id"
    subject_field: ClassVar[str] = "user_id"

    user_id: UUID = Field(description="The account.")
    status: Open[UserStatus] = Field(description="Whether the user may sign in.")
    is_verified: bool = Field(description="Whether the account's address was proven.")
    roles: tuple[Code, ...] = Field(description="What the user may do on the platform, as codes.")
    registered_at: Instant = Field(description="When the user signed up.")
    logins_valid_from: Instant | None = Field(
        default=None, description="Logins that started before are void; absent if none is."
    )


class UserRegisteredV1(UserState):
    """Somebody signed up."""

    event_type: ClassVar[str] = "parking.user.registered.v1"


class UserVerifiedV1(UserState):
    """The account's address was proven."""

    event_type: ClassVar[str] = "parking.user.verified.v1"


class UserUpdatedV1(UserState):
    """The profile changed; `changed` names the fields, never their values."""

    event_type: ClassVar[str] = "parking.user.updated.v1"


class UserRoleAssignedV1(UserState):
    """A role was given."""

    event_type: ClassVar[str] = "parking.user.role_assigned.v1"


class UserRoleRevokedV1(UserState):
    """A role was taken away."""

    event_type: ClassVar[str] = "parking.user.role_revoked.v1"


class UserSuspendedV1(UserState):
    """The account may no longer be used."""

    event_type: ClassVar[str] = "parking.user.suspended.v1"
