"""A user: someone who can sign in."""

import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

FIRST_ROLE = "user"
SHARED_BY = 10
"""How many unverified accounts may have one address; see `domain.sharing`."""
ACE_PREFIX = "xn--"


class UserStatus(StrEnum):
    """Whether the user may sign in."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which users of a list are wanted; what is not given does not matter.

    `query` is a part of a name or address, in any case, with or without accents, in any Unicode form.
    """

    query: str | None = None
    status: UserStatus | None = None
    role: str | None = None
    is_verified: bool | None = None


@dataclass(frozen=True, slots=True)
class StatusChange:
    """Why an account was closed or opened again, by whom and when. The reason is for administrators alone."""

    reason: str = field(repr=False)
    by: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class PastStatus:
    """What a change once made of an account's status."""

    status: UserStatus
    change: StatusChange


@dataclass(frozen=True, slots=True)
class UserState:
    """All there is to know of a user, at one version. Its `repr`, which may end in a log, names nobody.

    Several unverified accounts may share an address. The first that is verified keeps it; the others have none.
    `last_status_change` is none for an account that was never suspended; `has_signed_in` is whether somebody ever
    signed in to it. `registered_from` is the network address, until the address is verified or lost.
    """

    id: UUID
    email: str | None = field(repr=False)
    full_name: str = field(repr=False)
    phone_number: str | None = field(repr=False)
    password_hash: str = field(repr=False)
    is_verified: bool
    status: UserStatus
    roles: frozenset[str]
    created_at: datetime
    version: int
    last_status_change: StatusChange | None = None
    has_signed_in: bool = False
    registered_from: str | None = field(default=None, repr=False)

    @property
    def may_sign_in(self) -> bool:
        """Whether this account is open."""
        return self.status is UserStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class UserEvent:
    """Something that happened to a user, with the state that it led to."""

    at: datetime
    user: UserState


class UserRegistered(UserEvent):
    """An account was made."""


class UserVerified(UserEvent):
    """The user showed that the e-mail address is theirs."""


class AddressLost(UserEvent):
    """Another account showed that the address is its own, or too many had it."""


class RoleAssigned(UserEvent):
    """The user got a role."""


class RoleRevoked(UserEvent):
    """The user lost a role."""


class StatusChanged(UserEvent):
    """The account was closed, or opened again."""


class UserSuspended(StatusChanged):
    """The user may not sign in any more."""


class UserReinstated(StatusChanged):
    """The user may sign in again."""


class User:
    """The aggregate: each change makes one event and the next version; a change of nothing makes none."""

    def __init__(self, state: UserState) -> None:
        self.state = state
        self.loaded_version = state.version
        self.events: list[UserEvent] = []

    @classmethod
    def register(
        cls,
        user_id: UUID,
        *,
        email: str,
        full_name: str,
        phone_number: str | None,
        password_hash: str,
        at: datetime,
        registered_from: str | None = None,
    ) -> "User":
        """A new, unverified user with the first role."""
        state = UserState(
            id=user_id,
            email=normalised_email(email),
            full_name=full_name,
            phone_number=phone_number,
            password_hash=password_hash,
            is_verified=False,
            status=UserStatus.ACTIVE,
            roles=frozenset({FIRST_ROLE}),
            created_at=at,
            version=1,
            registered_from=registered_from,
        )
        user = cls(state)
        user.events.append(UserRegistered(at, state))
        return user

    def verify(self, at: datetime) -> None:
        """Note that the e-mail address is really theirs."""
        if not self.state.is_verified:
            self._change(replace(self.state, is_verified=True, registered_from=None), UserVerified, at)

    def lose_address(self, at: datetime) -> None:
        """Leave the address to another account. Everything else stays: bookings, roles, signed-in devices."""
        if self.state.email is not None:
            self._change(replace(self.state, email=None, registered_from=None), AddressLost, at)

    def assign_role(self, role: str, at: datetime) -> None:
        """Give a role."""
        if role not in self.state.roles:
            self._change(replace(self.state, roles=self.state.roles | {role}), RoleAssigned, at)

    def revoke_role(self, role: str, at: datetime) -> None:
        """Take a role away."""
        if role in self.state.roles:
            self._change(replace(self.state, roles=self.state.roles - {role}), RoleRevoked, at)

    def suspend(self, change: StatusChange) -> None:
        """Close the account for signing in. One that is closed already keeps the reason that it was closed for."""
        if self.state.may_sign_in:
            self._change_status(UserStatus.SUSPENDED, change, UserSuspended)

    def reinstate(self, change: StatusChange) -> None:
        """Open the account again. Logins that were ended stay so: the user signs in again."""
        if not self.state.may_sign_in:
            self._change_status(UserStatus.ACTIVE, change, UserReinstated)

    def _change_status(self, status: UserStatus, change: StatusChange, event: type[UserEvent]) -> None:
        self._change(replace(self.state, status=status, last_status_change=change), event, change.at)

    def _change(self, state: UserState, event: type[UserEvent], at: datetime) -> None:
        self.state = replace(state, version=self.state.version + 1)
        self.events.append(event(at, self.state))


def normalised_email(email: str) -> str:
    """The form in which addresses are compared: no outer blanks, lower case, one spelling of each letter (NFC).

    Browsers turn the domain of an address field into its ASCII form (`xn--…`); here it is turned back.
    The form of the form is the form itself.
    """
    name, at, domain = _folded(email.strip()).rpartition("@")
    return name + at + ".".join(_unicode_label(label) for label in domain.split("."))


def _folded(text: str) -> str:
    """Composed again after it is made small: there is a small letter for a small J with a caron, and no capital one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())


def _unicode_label(label: str) -> str:
    """A label of a domain name as people read it (RFC 5890, 2.3.2.1); what no browser would have written so stays.

    Punycode can also spell half of a surrogate pair (`xn--ib9b`), which is no character, and which UTF-8 cannot write;
    capital letters, blanks, controls, dots, and plain ASCII.
    """
    if not label.startswith(ACE_PREFIX):
        return label
    try:
        decoded = label.removeprefix(ACE_PREFIX).encode("ascii").decode("punycode")
        decoded.encode()
    except UnicodeError:
        return label
    is_plain = decoded.isascii() or any(each in " .@" or not each.isprintable() for each in decoded)
    return label if is_plain or _folded(decoded) != decoded else decoded
