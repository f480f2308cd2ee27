"""The usual relay, consumers and replayers in one call each, for a service's `bootstrap`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_messaging import metrics
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.kafka_publisher import KafkaPublisher
from parking_messaging.adapters.kafka_source import KafkaSource
from parking_messaging.adapters.postgres_backlog import connect_backlog
from parking_messaging.adapters.postgres_inbox import PostgresInbox
from parking_messaging.adapters.postgres_outbox import Executor
from parking_messaging.adapters.postgres_outbox_state import OUTBOX_STATE, backlog_state
from parking_messaging.adapters.postgres_refusals import PostgresRefusals
from parking_messaging.consumer import Consumer, ConsumerSettings
from parking_messaging.handlers import Handlers
from parking_messaging.inbox_cleaner import InboxCleaner
from parking_messaging.ports import BacklogState, Transactions
from parking_messaging.processor import DeadLetterLimit, Processor
from parking_messaging.relay import Relay, RelaySettings
from parking_messaging.replay import Replayer

_DEFAULTS: Final = ConsumerSettings()
_LIMIT: Final = DeadLetterLimit()


def postgres_relay(
    *, settings: RelaySettings, database_url: str, kafka: KafkaConnection, notes_refusals: bool = False
) -> Relay:
    """A relay from a service's database into Kafka; connects when it runs.

    `notes_refusals`: what Kafka refuses is noted in the outbox, which has the column for it (`messaging_tables`).
    """
    return Relay(
        settings=settings,
        connect=connect_backlog(database_url, settings.service),
        publisher=KafkaPublisher(kafka),
        refusals=PostgresRefusals(database_url, settings.service) if notes_refusals else None,
    )


def outbox_figures(engine: AsyncEngine) -> Callable[[], Awaitable[None]]:
    """What reads the outbox's figures from the database and shows them, for a process that has no relay.

    They must be there when no worker lives, which is when they are needed. Where the database does not answer they are
    taken away, and its error is raised.
    """

    async def read() -> None:
        state: BacklogState | None = None
        try:
            async with engine.connect() as connection:
                state = backlog_state((await connection.execute(text(OUTBOX_STATE))).one())
        finally:
            metrics.OUTBOX.show(state)

    return read


def kafka_consumer[Tx: Executor](
    *,
    group: str,
    handlers: Handlers[Tx],
    transactions: Transactions[Tx],
    kafka: KafkaConnection,
    settings: ConsumerSettings = _DEFAULTS,
    limit: DeadLetterLimit = _LIMIT,
    notes_effects: bool = True,
) -> Consumer[Tx]:
    """A consumer from Kafka into a service's database; connects when it runs.

    `transactions` is `engine.begin` or `sessionmaker.begin`. `notes_effects=False` switches the inbox off, for the one
    test that shows what it is good for.
    """
    inbox = PostgresInbox()
    return Consumer(
        processor=Processor(
            group=group,
            handlers=handlers,
            transactions=transactions,
            inbox=inbox,
            limit=limit,
            notes_effects=notes_effects,
        ),
        connect=lambda: KafkaSource(kafka, group=group, topics=handlers.topics),
        cleaner=InboxCleaner(group=group, transactions=transactions, inbox=inbox),
        settings=settings,
    )


def kafka_consumers[Tx: Executor](
    handlers: Mapping[str, Handlers[Tx]], transactions: Transactions[Tx], kafka: KafkaConnection
) -> dict[str, Consumer[Tx]]:
    """A consumer for each group and its handlers, by group; see `kafka_consumer`."""
    return {
        group: kafka_consumer(group=group, handlers=each, transactions=transactions, kafka=kafka)
        for group, each in handlers.items()
    }


def postgres_replayers[Tx: Executor](
    handlers: Mapping[str, Handlers[Tx]], transactions: Transactions[Tx]
) -> dict[str, Replayer[Tx]]:
    """What applies the dead letters of each group again, by group."""
    return {
        group: Replayer(group=group, handlers=each, transactions=transactions, inbox=PostgresInbox())
        for group, each in handlers.items()
    }
