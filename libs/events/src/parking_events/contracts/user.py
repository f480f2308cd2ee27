"""`auth.user.v1`: accounts, without anything that says whose they are."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from parking_events.base import WireEvent
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

    user_id: UUID
    status: UserStatus
    is_verified: bool
    roles: tuple[Code, ...]
    registered_at: Instant
    logins_valid_from: Instant | None = None


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
