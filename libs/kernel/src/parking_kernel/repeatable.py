"""Requests that may be sent again: an `Idempotency-Key`, and the first answer to it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from parking_kernel.askers import Asker
from parking_kernel.batches import until_all_in

ANSWERS_STORED_FOR: Final = timedelta(days=7)
"""How long a client may send a request again and get its first answer; in every service the same."""


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

    async def claim(self, key: RequestKey, lease: timedelta | None = None) -> Answer | None:
        """The first answer to this key; without one, the key is ours.

        It is ours until the transaction ends; with a lease for as long as that, when the answer is stored by a later
        transaction. Raises `KeyReused` and `InFlight`.
        """
        ...

    async def store(self, key: RequestKey, answer: Answer) -> None:
        """Store the answer of a key that was claimed."""
        ...

    async def release(self, key: RequestKey) -> None:
        """Give up a claim without an answer: the same request may come again."""
        ...

    async def purge(self, older_than: timedelta, limit: int) -> int:
        """Delete at most `limit` answers that were stored for longer; how many."""
        ...


class AnsweringWork(Protocol):
    """A unit of work of a service that stores answers."""

    @property
    def answers(self) -> Answers:
        """Those of this transaction."""
        ...


async def once(answers: Answers, key: RequestKey | None, act: Callable[[], Awaitable[Answer]]) -> Answer:
    """The first answer to a key, or what `act` answers now, stored under it in the same transaction.

    Without a key it acts each time. Raises `KeyReused`, `InFlight`, and whatever `act` raises, which is not stored.
    """
    if key is None:
        return await act()
    if earlier := await answers.claim(key):
        return earlier
    answer = await act()
    await answers.store(key, answer)
    return answer


async def purge_answers(
    open_work: Callable[[Asker], AbstractAsyncContextManager[AnsweringWork]], limit: int = 1_000
) -> int:
    """Delete the answers that were stored for longer than `ANSWERS_STORED_FOR`; how many.

    At most `limit` in each transaction, and each transaction is a unit of work of its own.
    """
    return await until_all_in(open_work, lambda work, most: work.answers.purge(ANSWERS_STORED_FOR, most), limit)
