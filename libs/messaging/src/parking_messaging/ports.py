"""What the relay and the consumer need of the outside. `adapters` has the real ones, `fakes` the ones for tests."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Protocol

from parking_events import WireEvent
from parking_messaging.cloud_events import Envelope
from parking_messaging.records import Outgoing, Partition, Publication, Record, Subject, Unsent

type Transactions[Tx] = Callable[[], AbstractAsyncContextManager[Tx]]
"""Opens a transaction: commits at the end of the block, rolls back when it raises (`engine.begin` is one)."""


class Outbox[Tx](Protocol):
    """Where events are written in the transaction that changes the state."""

    async def add(self, tx: Tx, events: Sequence[WireEvent]) -> None:
        """Write the events, in this order. They leave once the transaction committed, and never if it did not."""
        ...


@dataclass(frozen=True, slots=True)
class BacklogState:
    """How much waits (100 000 means so many or more), and how long the oldest has waited in seconds."""

    unsent: int
    oldest_age: float


class Backlog(Protocol):
    """The relay's hold on one service's outbox. Everything raises BacklogLost once the connection is gone."""

    lost: asyncio.Event
    """Set when the lock may be somebody else's."""

    async def acquire(self) -> bool:
        """Take the lock that makes this relay the active one; False while another has it."""
        ...

    async def check(self) -> None:
        """Raise BacklogLost unless the lock is still held."""
        ...

    async def unsent(self, limit: int, held: Collection[Subject]) -> list[Unsent]:
        """The first unsent rows in `seq` order, but none of the held subjects."""
        ...

    async def mark_sent(self, seqs: Sequence[int]) -> None:
        """Note that Kafka has these."""
        ...

    async def state(self) -> BacklogState:
        """Measure the backlog."""
        ...

    async def delete_sent(self, older_than: timedelta, limit: int) -> int:
        """Delete up to `limit` rows that were sent longer ago; the number deleted."""
        ...

    async def close(self) -> None:
        """Give the lock back."""
        ...


class Refusals(Protocol):
    """Where a relay notes which events Kafka refused, for a service that must know what will not leave soon."""

    async def note(self, seqs: Collection[int]) -> None:
        """Note that Kafka refused these rows when they were last tried. Raises BacklogLost where that is impossible.

        Nothing takes the note back: what is sent after all is no longer unsent.
        """
        ...


class Publisher(Protocol):
    """Puts records into Kafka."""

    async def publish(self, records: Sequence[Outgoing]) -> Publication:
        """Send records and wait for the broker's answer to each.

        A record goes only after every earlier one of its subject was acknowledged, or together with it in one record
        batch, which Kafka takes whole or not at all. Waits while Kafka is away, or raises PublisherUnavailable.
        """
        ...

    async def close(self) -> None:
        """Disconnect from Kafka at once; what is under way counts as not sent."""
        ...


class PartitionListener(Protocol):
    """Is notified of partitions that come and go."""

    async def assigned(self, partitions: Collection[Partition]) -> None:
        """These are ours from now on."""
        ...

    async def revoked(self, partitions: Collection[Partition]) -> None:
        """These will be somebody else's as soon as this returns."""
        ...


class RecordSource(Protocol):
    """A member of a consumer group. Everything but `start` raises SourceUnavailable where Kafka refuses it."""

    async def start(self, listener: PartitionListener) -> None:
        """Join the group. Raises SourceUnavailable while Kafka cannot be reached."""
        ...

    async def poll(self, timeout: float) -> Mapping[Partition, Sequence[Record]]:  # noqa: ASYNC109 - Kafka's own idea
        """New records of the partitions that are not paused, waiting up to `timeout` seconds for the first."""
        ...

    def pause(self, partition: Partition) -> None:
        """Deliver nothing of it for now."""
        ...

    def resume(self, partition: Partition) -> None:
        """Deliver it again."""
        ...

    def end(self, partition: Partition) -> int | None:
        """The offset of the next record to be written, as far as known."""
        ...

    async def position(self, partition: Partition) -> int | None:
        """The offset of the next record to be delivered, as far as known; never waits for it."""
        ...

    async def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """As `end`, asked of Kafka itself: for partitions that are paused."""
        ...

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Note where the group goes on."""
        ...

    async def stop(self) -> None:
        """Leave the group."""
        ...


class Claim(Enum):
    """What an event finds when it comes."""

    FRESH = "fresh"
    DUPLICATE = "duplicate"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an event is dead, after how many tries."""

    error_type: str
    error: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """The next event of a blocked subject: the dead letter itself, or the first one parked behind it."""

    position: int
    is_dead: bool
    record: Record


class Inbox[Tx](Protocol):
    """What a consumer noted in the transactions of its effects. `consumer` is the group's name."""

    async def claim(self, tx: Tx, consumer: str, envelopes: Sequence[Envelope], *, once: bool) -> list[Claim]:
        """Say of each event whether it may take effect; with `once`, note it as having done so."""
        ...

    async def note(self, tx: Tx, consumer: str, envelope: Envelope) -> Claim:
        """Note an effect whether its subject is blocked or not: FRESH, or DUPLICATE if it was noted before."""
        ...

    async def park(self, tx: Tx, consumer: str, envelope: Envelope, record: Record) -> None:
        """Keep an event behind its subject's dead letter."""
        ...

    async def bury(self, tx: Tx, consumer: str, envelope: Envelope, record: Record, failure: Failure) -> bool:
        """Keep an event as dead, block its subject and publish it to the dead-letter topic.

        Where the subject is blocked already it is parked instead, and the answer is False.
        """
        ...

    async def recent_dead_letters(self, tx: Tx, consumer: str, window: timedelta) -> int:
        """How many events died within the window, replayed ones included."""
        ...

    async def blocked(self, tx: Tx, consumer: str) -> list[Subject]:
        """The subjects that wait for an operator, longest first."""
        ...

    async def next_stuck(self, tx: Tx, consumer: str, subject: Subject) -> Stuck | None:
        """Lock the subject and give its next event. With none left the subject is unblocked."""
        ...

    async def release(self, tx: Tx, consumer: str, stuck: Stuck, resolution: str) -> None:
        """Note that a stuck event is done with: `applied`, or `discarded` by an operator."""
        ...

    async def fail_again(self, tx: Tx, consumer: str, envelope: Envelope, stuck: Stuck, failure: Failure) -> None:
        """Note that a replayed event failed; a parked one becomes the subject's dead letter."""
        ...

    async def purge(self, tx: Tx, consumer: str, older_than: timedelta, limit: int) -> int:
        """Delete up to `limit` of what was noted longer ago; the number deleted."""
        ...
