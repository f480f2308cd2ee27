"""What goes out to Kafka and what comes in, in our own words.

What is made for each event on its way out is a named tuple: a relay makes thousands a second, and a frozen dataclass
costs three times as much to make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID


class Subject(NamedTuple):
    """Within this, order is promised: the topic and the aggregate's id."""

    topic: str
    id: str


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


class OutboxRow(NamedTuple):
    """One event as the outbox keeps it. The columns follow Debezium's event router; `aggregatetype` is the topic."""

    id: UUID
    aggregatetype: str
    aggregateid: str
    version: int
    partition_key: str
    type: str
    payload: bytes
    headers: Mapping[str, str] = MappingProxyType({})


class Unsent(NamedTuple):
    """An outbox row that waits to be published."""

    seq: int
    row: OutboxRow
    created_at: datetime

    @property
    def subject(self) -> Subject:
        """What must not be overtaken."""
        return Subject(self.row.aggregatetype, self.row.aggregateid)


class Outgoing(NamedTuple):
    """A record as it is sent. `seq` says which outbox row an acknowledgement belongs to."""

    seq: int
    subject: Subject
    topic: str
    key: bytes
    value: bytes
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of a batch: acknowledged rows, and refused ones with the reason. A row in neither is unsent."""

    acknowledged: Sequence[int] = ()
    refused: Mapping[int, str] = field(default_factory=dict[int, str])


@dataclass(frozen=True, slots=True)
class Record:
    """A record as Kafka delivered it, or as the dead letters kept it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def origin(self) -> Partition:
        """The partition it came from."""
        return Partition(self.topic, self.partition)


type Row = Mapping[str, Any]
