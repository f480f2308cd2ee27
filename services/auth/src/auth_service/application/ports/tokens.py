"""Access tokens and the keys that sign them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from auth_service.domain.grants import AccessToken, Grant
from auth_service.domain.logins import LoginState
from auth_service.domain.signing_keys import KeyAge
from auth_service.domain.users import UserState

SignToken = Callable[[UserState, LoginState, Grant], AccessToken]
"""Makes the access token for a user's login."""


class AccessTokens(Protocol):
    """Signs access tokens."""

    async def signer(self) -> SignToken:
        """Signs with the present key. Asked for before a transaction: without a key, nothing is to be used up."""
        ...


class SigningKeys(Protocol):
    """The keys that sign access tokens. One transaction at a time changes them."""

    async def ages(self) -> Sequence[KeyAge]:
        """All keys that are stored; nobody else adds or drops one until the transaction ends."""
        ...

    async def create(self, at: datetime) -> KeyAge:
        """Make and store a new key."""
        ...

    async def reseal(self, key_id: str) -> None:
        """Seal a key with the newest master key, whichever it was sealed with."""
        ...

    async def drop(self, key_id: str) -> None:
        """Delete a key: what it signed does not count any more."""
        ...
