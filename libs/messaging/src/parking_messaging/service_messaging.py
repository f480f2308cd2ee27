"""All that a service has to do with Kafka, wired once: relay, consumers, replay, topics and readiness."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from parking_messaging.adapters import kafka_topics
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.postgres_outbox import Executor
from parking_messaging.consumer import Consumer
from parking_messaging.handlers import Handlers
from parking_messaging.ports import Transactions
from parking_messaging.relay import Relay, RelaySettings
from parking_messaging.replay import run_replay
from parking_messaging.wiring import kafka_consumers, postgres_relay, postgres_replayers

type Loop = Callable[[asyncio.Event], Awaitable[None]]
"""Runs until its event is set."""


@dataclass(frozen=True)
class ServiceMessaging[Tx: Executor]:
    """One service's messaging; connects when it runs.

    `relay_url` is of the service's database, past any pooler. `handlers` stand by their consumer groups, each
    `<service>.<purpose>`. `transactions` is `engine.begin`, or what opens and commits a transaction in its place.
    `notes_refusals`: see `postgres_relay`.
    """

    service: str
    kafka: KafkaConnection
    relay_url: str
    transactions: Transactions[Tx]
    handlers: Mapping[str, Handlers[Tx]]
    replication_factor: int = 1
    notes_refusals: bool = False

    @cached_property
    def relay(self) -> Relay:
        """What publishes the outbox. Of all processes that run one, the active one leads (`leads`)."""
        return postgres_relay(
            settings=RelaySettings(self.service),
            database_url=self.relay_url,
            kafka=self.kafka,
            notes_refusals=self.notes_refusals,
        )

    @cached_property
    def consumers(self) -> Mapping[str, Consumer[Tx]]:
        """What consumes other services' events, by group."""
        return kafka_consumers(self.handlers, self.transactions, self.kafka)

    @property
    def leads(self) -> bool:
        """Whether this process is the leader among the service's workers: its relay is the active one.

        A leader that stands still or is cut off is followed within ten seconds, as its relay is.
        """
        return self.relay.status().is_active

    def loops(self) -> dict[str, Loop]:
        """What a worker runs, by name."""
        watch = kafka_topics.topic_watch(
            self.kafka, self.service, groups=tuple(self.handlers), replication_factor=self.replication_factor
        )
        return {
            "outbox_relay": self.relay.run,
            "topic_settings": watch.run,
            **{group: each.run for group, each in self.consumers.items()},
        }

    def readiness(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What a worker's readiness asks, by name."""
        return {"outbox_relay": self._check_relay, "consumers": self._check_consumers}

    async def make_topics(self) -> None:
        """Make the service's topics, and those of its dead letters. Raises `TopicsNotMade` with what is wrong."""
        await kafka_topics.make_topics(
            self.kafka, self.service, groups=tuple(self.handlers), replication_factor=self.replication_factor
        )

    async def replay(self, arguments: argparse.Namespace) -> int:
        """Apply dead letters again, in order; the exit code."""
        return await run_replay(arguments, postgres_replayers(self.handlers, self.transactions))

    async def _check_relay(self) -> None:
        if not self.relay.status().is_connected:
            raise ConnectionError("the relay is not connected to the outbox")

    async def _check_consumers(self) -> None:
        if away := [group for group, consumer in self.consumers.items() if not consumer.status().is_ready]:
            raise ConnectionError(f"not consuming: {', '.join(away)}")
