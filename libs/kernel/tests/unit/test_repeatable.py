"""Stored answers go after a week, a batch in each transaction."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.repeatable import ANSWERS_STORED_FOR, Answer, RequestKey, purge_answers


@dataclass
class OldAnswers:
    """So many that are old enough; notes what it was asked for."""

    left: int
    asked: list[tuple[timedelta, int]] = field(default_factory=list[tuple[timedelta, int]])

    async def claim(self, key: RequestKey, lease: timedelta | None = None) -> Answer | None:
        raise AssertionError(key, lease)

    async def store(self, key: RequestKey, answer: Answer) -> None:
        raise AssertionError(key, answer)

    async def release(self, key: RequestKey) -> None:
        raise AssertionError(key)

    async def purge(self, older_than: timedelta, limit: int) -> int:
        self.asked.append((older_than, limit))
        deleted = min(self.left, limit)
        self.left -= deleted
        return deleted


@dataclass
class Work:
    answers: OldAnswers


@dataclass
class Transactions:
    answers: OldAnswers
    opened_by: list[Asker] = field(default_factory=list[Asker])
    open_now: int = 0

    @asynccontextmanager
    async def open_work(self, asker: Asker) -> AsyncGenerator[Work]:
        self.opened_by.append(asker)
        self.open_now += 1
        assert self.open_now == 1
        yield Work(self.answers)
        self.open_now -= 1


def test_a_client_may_send_a_request_again_for_a_week() -> None:
    assert timedelta(days=7) == ANSWERS_STORED_FOR


async def test_old_answers_go_in_batches_each_in_a_transaction_of_the_service() -> None:
    transactions = Transactions(OldAnswers(left=5))
    assert await purge_answers(transactions.open_work, limit=2) == 5
    assert transactions.answers.left == 0
    assert transactions.answers.asked == [(ANSWERS_STORED_FOR, 2)] * 3
    assert transactions.opened_by == [THE_SERVICE] * 3


async def test_where_nothing_is_old_it_asks_once() -> None:
    transactions = Transactions(OldAnswers(left=0))
    assert await purge_answers(transactions.open_work) == 0
    assert len(transactions.answers.asked) == 1
