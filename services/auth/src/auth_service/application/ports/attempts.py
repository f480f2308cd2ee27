"""Attempts that are counted."""

from datetime import datetime
from typing import Protocol

from auth_service.domain.attempts import Attempts


class CountedAttempts(Protocol):
    """How often something was tried, by the hash of what it was tried on."""

    async def find(self, key: bytes) -> Attempts | None:
        """What is counted; nobody else changes it until the transaction ends. Nothing where nothing is."""
        ...

    async def open(self, key: bytes, at: datetime) -> Attempts:
        """The same; where nothing is counted, a count of none, which is stored and locked alike."""
        ...

    async def store(self, key: bytes, attempts: Attempts) -> None:
        """Store what was found or opened."""
        ...

    async def clear(self, key: bytes) -> None:
        """Begin again: nothing was tried."""
        ...

    async def purge(self, at: datetime, limit: int) -> int:
        """Delete those not tried for `STORED_FOR`; how many, up to `limit`."""
        ...


class SignInPlaces(Protocol):
    """Where accounts were signed in to, by the hash of account and network address."""

    async def is_known(self, key: bytes, since: datetime) -> bool:
        """Whether somebody signed in there at this time or later."""
        ...

    async def note(self, key: bytes, at: datetime) -> None:
        """Somebody signed in there."""
        ...

    async def purge(self, before: datetime, limit: int) -> int:
        """Delete those where nobody signed in since; how many, up to `limit`."""
        ...
