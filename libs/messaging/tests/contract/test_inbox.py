"""One suite on the fake inbox and on PostgreSQL's: the fake cannot lie."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from parking_messaging import PostgresInbox
from parking_messaging.cloud_events import Envelope, salvaged_envelope
from parking_messaging.fakes import FakeInbox, FakeTransactions
from parking_messaging.ports import Claim, Failure, Stuck
from parking_messaging.records import Record, Subject

GROUP = "sample.purpose"
FAILURE = Failure("ValueError", "no", 3)


@dataclass
class Harness:
    inbox: Any
    transactions: Any

    async def claim(self, *envelopes: Envelope, once: bool = True) -> list[Claim]:
        async with self.transactions() as tx:
            return await self.inbox.claim(tx, GROUP, envelopes, once=once)

    async def bury(self, number: int, subject: str) -> bool:
        async with self.transactions() as tx:
            return await self.inbox.bury(tx, GROUP, envelope(number, subject), record(number), FAILURE)

    async def park(self, number: int, subject: str) -> None:
        async with self.transactions() as tx:
            await self.inbox.park(tx, GROUP, envelope(number, subject), record(number))

    async def next_stuck(self, subject: str) -> Stuck | None:
        async with self.transactions() as tx:
            return await self.inbox.next_stuck(tx, GROUP, Subject("a.b.v1", subject))


@pytest.fixture(params=["fake", "postgres"])
def harness(request: pytest.FixtureRequest) -> Harness:
    if request.param == "fake":
        return Harness(FakeInbox(), FakeTransactions())
    return Harness(PostgresInbox(), request.getfixturevalue("engine").begin)


IDS = {number: uuid4() for number in range(20)}


def envelope(number: int, subject: str = "s") -> Envelope:
    return Envelope(
        event_id=IDS[number], event_type="parking.a.happened.v1", source="/services/a",
        subject=Subject("a.b.v1", subject), time=datetime.now(UTC), partition=0, offset=number, trace={},
    )  # fmt: skip


def record(number: int) -> Record:
    return Record("a.b.v1", 0, number, b"key", b"value\x00\xff", (("ce_id", b"x"), ("odd", b"\x00\xff\xe4")))


async def test_an_event_is_fresh_once(harness: Harness) -> None:
    assert await harness.claim(envelope(1)) == [Claim.FRESH]
    assert await harness.claim(envelope(1)) == [Claim.DUPLICATE]
    assert await harness.claim(envelope(1), envelope(2), envelope(2)) == [Claim.DUPLICATE, Claim.FRESH, Claim.DUPLICATE]


async def test_a_rollback_leaves_it_fresh(harness: Harness) -> None:
    async def claim_and_fail() -> None:
        async with harness.transactions() as tx:
            await harness.inbox.claim(tx, GROUP, [envelope(1)], once=True)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await claim_and_fail()
    assert await harness.claim(envelope(1)) == [Claim.FRESH]


async def test_groups_do_not_share_an_inbox(harness: Harness) -> None:
    assert await harness.claim(envelope(1)) == [Claim.FRESH]
    async with harness.transactions() as tx:
        assert await harness.inbox.claim(tx, "other.purpose", [envelope(1)], once=True) == [Claim.FRESH]


async def test_a_state_copy_notes_nothing(harness: Harness) -> None:
    assert await harness.claim(envelope(1), once=False) == [Claim.FRESH]
    assert await harness.claim(envelope(1), once=False) == [Claim.FRESH]
    assert await harness.claim(envelope(1)) == [Claim.FRESH]


async def test_a_dead_letter_blocks_its_subject_alone(harness: Harness) -> None:
    assert await harness.bury(1, "dead")
    assert await harness.claim(envelope(2, "dead"), envelope(3, "alive")) == [Claim.BLOCKED, Claim.FRESH]
    assert await harness.claim(envelope(2, "dead"), once=False) == [Claim.BLOCKED]
    assert not await harness.bury(4, "dead")
    async with harness.transactions() as tx:
        assert await harness.inbox.blocked(tx, GROUP) == [Subject("a.b.v1", "dead")]
        assert await harness.inbox.recent_dead_letters(tx, GROUP, timedelta(hours=1)) == 1


async def test_what_is_stuck_comes_back_in_order_byte_for_byte(harness: Harness) -> None:
    await harness.bury(1, "s")
    for number in (2, 3, 2):
        await harness.park(number, "s")
    seen: list[tuple[bool, Record]] = []
    while (stuck := await harness.next_stuck("s")) is not None:
        seen.append((stuck.is_dead, stuck.record))
        async with harness.transactions() as tx:
            await harness.inbox.release(tx, GROUP, stuck, "applied")
    assert seen == [(True, record(1)), (False, record(2)), (False, record(3))]
    assert await harness.claim(envelope(4, "s")) == [Claim.FRESH]
    async with harness.transactions() as tx:
        assert await harness.inbox.blocked(tx, GROUP) == []


async def test_a_parked_event_that_fails_becomes_the_dead_letter(harness: Harness) -> None:
    await harness.bury(1, "s")
    await harness.park(2, "s")
    dead = await harness.next_stuck("s")
    assert dead is not None
    async with harness.transactions() as tx:
        await harness.inbox.release(tx, GROUP, dead, "applied")
    parked = await harness.next_stuck("s")
    assert parked is not None
    assert not parked.is_dead
    async with harness.transactions() as tx:
        await harness.inbox.fail_again(tx, GROUP, envelope(2, "s"), parked, FAILURE)
    again = await harness.next_stuck("s")
    assert again is not None
    assert (again.is_dead, again.record) == (True, record(2))
    async with harness.transactions() as tx:
        await harness.inbox.fail_again(tx, GROUP, envelope(2, "s"), again, FAILURE)
        assert await harness.inbox.recent_dead_letters(tx, GROUP, timedelta(hours=1)) == 2


async def test_noting_ignores_the_block(harness: Harness) -> None:
    await harness.bury(1, "s")
    async with harness.transactions() as tx:
        assert await harness.inbox.note(tx, GROUP, envelope(1, "s")) is Claim.FRESH
        assert await harness.inbox.note(tx, GROUP, envelope(1, "s")) is Claim.DUPLICATE


async def test_what_nobody_can_read_is_kept(harness: Harness) -> None:
    odd = Record(
        "a.b.v1", 0, 5, b"\x00\xff", None, (("ce_subject", b"a\x00b\xff"), ("ce_type", b"\x00"), ("\x00", b"\x00"))
    )
    async with harness.transactions() as tx:
        assert await harness.inbox.bury(tx, GROUP, salvaged_envelope(odd), odd, FAILURE)
    async with harness.transactions() as tx:
        (subject,) = await harness.inbox.blocked(tx, GROUP)
        stuck = await harness.inbox.next_stuck(tx, GROUP, subject)
    assert stuck is not None
    assert stuck.record == odd


async def test_young_entries_are_not_purged(harness: Harness) -> None:
    await harness.claim(envelope(1))
    async with harness.transactions() as tx:
        assert await harness.inbox.purge(tx, GROUP, timedelta(days=1), 10) == 0
    assert await harness.claim(envelope(1)) == [Claim.DUPLICATE]
