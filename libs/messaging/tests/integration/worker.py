"""A relay or a consumer in a process of its own, to be killed or stopped at a chosen point."""

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from typing import Any, ClassVar

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from parking_events import Cleanup, Topic
from parking_messaging import (
    Consumer,
    ConsumerSettings,
    DeadLetterLimit,
    Handlers,
    KafkaConnection,
    KafkaPublisher,
    KafkaSource,
    PostgresInbox,
    Processor,
    Relay,
    RelaySettings,
    connect_backlog,
)
from parking_messaging.records import Publication

from parking_events.base import WireEvent  # isort: skip


def say(word: str) -> None:
    print(word, flush=True)  # noqa: T201 - the parent reads it


class HangsAfterPublishing:
    """Kafka has the records, the outbox does not know yet."""

    def __init__(self, publisher: KafkaPublisher) -> None:
        self._publisher = publisher

    async def publish(self, records: Any) -> Publication:
        await self._publisher.publish(records)
        say("published")
        await asyncio.Event().wait()
        return Publication()

    async def close(self) -> None:
        await self._publisher.close()


class FreezesOnce:
    """A backlog whose process stands still, once, at a chosen point of a batch, as SIGSTOP of it there would do."""

    frozen = False

    def __init__(self, backlog: Any, point: str) -> None:
        self._backlog = backlog
        self._point = point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backlog, name)

    async def unsent(self, limit: int, held: Any) -> Any:
        if FreezesOnce.frozen:
            return await self._backlog.unsent(limit, held)
        FreezesOnce.frozen = True
        if self._point == "idle":
            self._freeze()
        asking = asyncio.ensure_future(self._backlog.unsent(limit, held))
        await asyncio.sleep(0)  # what there is to send is on its way to the server
        if self._point == "asking":
            self._freeze()
        batch = await asking
        if self._point == "holding":
            self._freeze()
        return batch

    def _freeze(self) -> None:
        say("frozen")
        os.kill(os.getpid(), signal.SIGSTOP)


class HangsBeforeCommitting(KafkaSource):
    """The effect is in the database, the group's offset is not moved yet."""

    async def commit(self, offsets: Any) -> None:
        say("effective")
        await asyncio.Event().wait()


def sample_class(settings: dict[str, Any]) -> type[WireEvent]:
    topic = Topic(settings["topic"], "sample", Cleanup.DELETE, None, 1, "sample")

    class Sample(WireEvent):
        event_type: ClassVar[str] = settings["event_type"]
        topic: ClassVar[Topic]
        partition_key_field: ClassVar[str] = "sample_id"
        subject_field: ClassVar[str] = "sample_id"
        sample_id: str
        amount: int

    Sample.topic = topic
    return Sample


def relay(settings: dict[str, Any], kafka: KafkaConnection) -> Relay:
    publisher: Any = KafkaPublisher(kafka)
    connect: Any = connect_backlog(settings["database_url"], "sample", **settings.get("lock", {}))

    async def connect_and_freeze() -> Any:
        return FreezesOnce(await connect(), settings["freeze"])

    return Relay(
        settings=RelaySettings("sample", standby_poll=0.05),
        connect=connect_and_freeze if "freeze" in settings else connect,
        publisher=HangsAfterPublishing(publisher) if settings["hang"] else publisher,
    )


def consumer(settings: dict[str, Any], kafka: KafkaConnection) -> Consumer[AsyncConnection]:
    engine = create_async_engine(settings["database_url"].replace("postgresql://", "postgresql+asyncpg://", 1))
    handlers: Handlers[AsyncConnection] = Handlers()

    async def add_effect(event: Any, envelope: Any, tx: AsyncConnection) -> None:
        await tx.execute(
            text("INSERT INTO effects VALUES (:event_id, :subject, :version, :amount)"),
            {
                "event_id": envelope.event_id,
                "subject": event.subject,
                "version": event.version,
                "amount": event.amount,
            },
        )
        await asyncio.sleep(settings.get("pace", 0))

    handlers.effect(sample_class(settings), add_effect)
    source = HangsBeforeCommitting if settings["hang"] else KafkaSource
    return Consumer(
        processor=Processor(
            group=settings["group"],
            handlers=handlers,
            transactions=engine.begin,
            inbox=PostgresInbox(idle_limit=timedelta(seconds=3)),
            limit=DeadLetterLimit(),
            notes_effects=settings.get("notes_effects", True),
        ),
        connect=lambda: source(
            kafka, group=settings["group"], topics=handlers.topics, session_timeout=6.0, max_poll_interval=6.0
        ),
        settings=ConsumerSettings(commit_timeout=3600.0 if settings["hang"] else 5.0),
    )


async def main() -> None:
    settings = json.loads(sys.argv[1])
    kafka = KafkaConnection(settings["bootstrap_servers"], "worker")
    runner = {"relay": relay, "consumer": consumer}[settings["role"]](settings, kafka)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    say("started")
    await runner.run(stop)


asyncio.run(main())
