"""A login: one device that a user signed in with, and its family of refresh tokens.

Each refresh token serves once. One that comes a second time was stolen, or its thief was faster, so the whole family
ends (RFC 9700, 4.14.2).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

LOGIN_LIFETIME = timedelta(days=90)
REFRESH_TOKEN_LIFETIME = timedelta(days=30)
STORED_WHEN_OVER = timedelta(days=7)  # so that somebody can still find out when and why a device was signed out


class EndReason(StrEnum):
    """Why a login ended."""

    SIGNED_OUT = "signed_out"
    REUSE_DETECTED = "reuse_detected"
    SUSPENDED = "suspended"
    ROLE_REVOKED = "role_revoked"
    MEMBERSHIP_REMOVED = "membership_removed"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class LoginState:
    """All there is to know of a login, at one version. `device` is what the browser calls itself."""

    id: UUID
    user_id: UUID
    device: str
    started_at: datetime
    last_used_at: datetime
    ended_at: datetime | None
    end_reason: EndReason | None
    version: int

    @property
    def is_open(self) -> bool:
        """Whether it was not ended."""
        return self.ended_at is None

    @property
    def expires_at(self) -> datetime:
        """When it ends by itself, unless it is used before. No event says so: its tokens expire with it."""
        return min(self.last_used_at + REFRESH_TOKEN_LIFETIME, self.started_at + LOGIN_LIFETIME)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One refresh token of a login: only the hash of its secret is known."""

    secret_hash: bytes
    login_id: UUID
    issued_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class LoginEvent:
    """Something that happened to a login, with the state that it led to."""

    at: datetime
    login: LoginState


class LoginStarted(LoginEvent):
    """A user signed in."""


class LoginEnded(LoginEvent):
    """The login's tokens do not count any more."""


class ReuseDetected(LoginEvent):
    """A used refresh token came again; the login ended for that."""


class Login:
    """The aggregate. Using it makes no event; starting and ending do."""

    def __init__(self, state: LoginState) -> None:
        self.state = state
        self.loaded_version = state.version
        self.events: list[LoginEvent] = []

    @classmethod
    def start(cls, login_id: UUID, user_id: UUID, device: str, at: datetime) -> "Login":
        """A user has just shown who they are."""
        state = LoginState(login_id, user_id, device, at, at, None, None, version=1)
        login = cls(state)
        login.events.append(LoginStarted(at, state))
        return login

    def use(self, token: RefreshToken, at: datetime) -> bool:
        """Take one refresh token for the next. False when it does not count; a used one ends the login as well."""
        if token.used_at is not None:
            self.end(EndReason.REUSE_DETECTED, at)
        too_old = at >= token.issued_at + REFRESH_TOKEN_LIFETIME or at >= self.state.started_at + LOGIN_LIFETIME
        if too_old or not self.state.is_open:
            return False
        self.state = replace(self.state, last_used_at=at)
        return True

    def end(self, reason: EndReason, at: datetime) -> None:
        """Let none of its tokens count any more."""
        if not self.state.is_open:
            return
        self.state = replace(self.state, ended_at=at, end_reason=reason, version=self.state.version + 1)
        event = ReuseDetected if reason is EndReason.REUSE_DETECTED else LoginEnded
        self.events.append(event(at, self.state))
