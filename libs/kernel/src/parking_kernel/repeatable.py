"""Requests that may be sent again: an `Idempotency-Key`, and the first answer to it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it left, stored to be given again for the same key; `replayed` is true when it is."""

    status: int
    body: bytes = field(repr=False)
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class RequestKey:
    """An `Idempotency-Key` with whose it is and on which route (`scope`), and a fingerprint of the request."""

    scope: str
    key: str
    fingerprint: bytes = field(repr=False)


class KeyReused(Exception):
    """The key came before with another request."""


class InFlight(Exception):
    """A request with the same key is being worked on."""


class Answers(Protocol):
    """What was answered to requests with an idempotency key, in the transaction of what they did."""

    async def claim(self, key: RequestKey, until: datetime | None = None) -> Answer | None:
        """The first answer to this key; without one, the key is ours.

        It is ours until the transaction ends, or with `until` for as long as that, when the answer comes in a later
        transaction. Raises `KeyReused` and `InFlight`.
        """
        ...

    async def store(self, key: RequestKey, answer: Answer | None) -> None:
        """Store the answer of a key that was claimed; without one, release the claim."""
        ...

    async def purge(self, older_than: timedelta, limit: int) -> int:
        """Delete at most `limit` answers that were stored for longer; how many."""
        ...
