"""The events of the story on Kafka."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, Self, cast

from aiokafka import AIOKafkaConsumer

from parking_demo.effects import Effect, Medium, Sighting, Subject
from parking_demo.words import short
from parking_events.topics import DELIVERY, LEDGER_ENTRY, LOGIN, PAYMENT, RESERVATION
from parking_messaging.adapters.aiokafka_client import FetchedRecord
from parking_messaging.cloud_events import envelope_of
from parking_messaging.records import Record

TOPICS = (LOGIN, RESERVATION, PAYMENT, LEDGER_ENTRY, DELIVERY)
WAIT_MS = 50
MOST = 500


class _Reader(Protocol):
    """As much of aiokafka's consumer as watching takes; it has no types."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def seek_to_end(self) -> object: ...
    async def getmany(self, *, timeout_ms: int, max_records: int) -> Mapping[Any, Sequence[FetchedRecord]]: ...


class SeenEvent(NamedTuple):
    """An event: whose aggregate it is about, and how it is shown."""

    user_id: str | None
    reservation_id: str | None
    sighting: Sighting


@dataclass(slots=True)
class Events:
    """See `parking_demo.effects.Watcher`."""

    reader: _Reader
    seen: list[SeenEvent] = field(default_factory=list[SeenEvent])

    @classmethod
    @asynccontextmanager
    async def watched(cls, bootstrap_servers: str) -> AsyncIterator[Self]:
        """From the ends of the topics on. Without a group, so that nothing of it stays in Kafka."""
        topics = (topic.name for topic in TOPICS)
        reader = cast("_Reader", AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap_servers, client_id="demo"))
        try:
            await reader.start()
            await reader.seek_to_end()
            yield cls(reader)
        finally:
            await reader.stop()

    async def look(self, subject: Subject) -> Sequence[Sighting]:
        """See Watcher."""
        fetched = await self.reader.getmany(timeout_ms=WAIT_MS, max_records=MOST)
        self.seen += [_event(record) for records in fetched.values() for record in records]
        return [event.sighting for event in self.seen if _is_about(event, subject)]

    def turn_page(self) -> None:
        """See Watcher."""
        self.seen.clear()


def _is_about(event: SeenEvent, subject: Subject) -> bool:
    """Others may use the platform at the same time, even with the same account."""
    if event.reservation_id is not None:
        return event.reservation_id in subject.reservation_ids
    return event.user_id == subject.user_id


def _event(fetched: FetchedRecord) -> SeenEvent:
    headers = tuple(fetched.headers)
    record = Record(fetched.topic, fetched.partition, fetched.offset, fetched.key, fetched.value, headers)
    envelope, data = envelope_of(record), json.loads(fetched.value or b"{}")
    name, _, major = envelope.event_type.removeprefix("parking.").rpartition(".")
    service = envelope.source.rpartition("/")[2]
    version = f"version {data['version']} of {short(envelope.subject.id)}"
    words = f"{f'{name} {major}':<28}{version:<24}{fetched.topic}"
    return SeenEvent(
        data.get("user_id"), data.get("reservation_id"), Sighting(Effect(service, Medium.EVENT, name), words)
    )
