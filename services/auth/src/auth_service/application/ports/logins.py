"""The signed-in devices."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from auth_service.domain.logins import Login, LoginState, RefreshToken


class AskersLogin(Protocol):
    """The login by which somebody asks for a change."""

    async def still_stands(self) -> None:
        """Raises `AskerSignedOut` where it has ended; it does not end before the transaction does.

        A request may wait long for what it changes, so it asks once it has it. A machine, and the service itself, have
        no login that could end.
        """
        ...


class Logins(Protocol):
    """The signed-in devices and their refresh tokens."""

    async def add(self, login: Login, token: RefreshToken) -> None:
        """Store a new login with its first token."""
        ...

    async def by_refresh_token(self, secret_hash: bytes) -> tuple[Login, RefreshToken] | None:
        """The login of a token, and the token, used or not."""
        ...

    async def rotate(self, used: RefreshToken, fresh: RefreshToken) -> None:
        """Note that one token was used and what followed it."""
        ...

    async def get(self, login_id: UUID) -> Login | None:
        """One login, open or not."""
        ...

    async def open_of_user(self, user_id: UUID, limit: int) -> Sequence[Login]:
        """A user's open logins, to be ended; at most `limit`."""
        ...

    async def devices_of_user(
        self, user_id: UUID, at: datetime, after: UUID | None, limit: int
    ) -> Sequence[LoginState]:
        """A user's logins that can still be used, the newest first, after one of them; at most `limit`."""
        ...

    async def save(self, *logins: Login) -> None:
        """Store changed logins. Raises `ChangedMeanwhile`."""
        ...

    async def count_open(self, at: datetime) -> int:
        """How many logins of all users can still be used."""
        ...

    async def sum_up_count(self, limit: int) -> int:
        """Add up what changed in that number since the last time; how many changes, up to `limit`."""
        ...

    async def end_expired(self, at: datetime, limit: int) -> int:
        """End logins that expired, without an event: their tokens expire with them.

        How many; unused and too old ones up to `limit` each, and less than `limit` only when nothing is left.
        """
        ...

    async def purge(self, at: datetime, limit: int) -> int:
        """Delete logins over since `STORED_WHEN_OVER` with their tokens, and expired tokens.

        How many of them; of each kind up to `limit`, and less than `limit` only when nothing is left.
        """
        ...
