"""Events that are neither lost nor applied twice: outbox, relay, inbox, consumer, dead letters, replay."""

from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.kafka_lag import group_lag, has_caught_up
from parking_messaging.adapters.kafka_publisher import KafkaPublisher
from parking_messaging.adapters.kafka_source import KafkaSource
from parking_messaging.adapters.kafka_topics import ensure_topics, topics_of
from parking_messaging.adapters.postgres_backlog import connect_backlog
from parking_messaging.adapters.postgres_inbox import PostgresInbox
from parking_messaging.adapters.postgres_outbox import PostgresOutbox
from parking_messaging.backoff import Backoff
from parking_messaging.cloud_events import Envelope
from parking_messaging.consumer import Consumer, ConsumerSettings, ConsumerStatus
from parking_messaging.failures import PoisonEvent, SourceUnavailable, TooManyDeadLetters, TryAgainLater
from parking_messaging.handlers import Delivery, Handlers
from parking_messaging.inbox_cleaner import InboxCleaner
from parking_messaging.lane import RetryPolicy
from parking_messaging.outbox_rows import outbox_row, outbox_values
from parking_messaging.ports import Inbox, Outbox, Transactions
from parking_messaging.processor import DeadLetterLimit, Processor
from parking_messaging.relay import Relay, RelaySettings, RelayStatus
from parking_messaging.replay import Replayer, ReplayReport, add_replay_arguments, run_replay
from parking_messaging.state_copies import upsert_if_newer
from parking_messaging.tables import MessagingTables, messaging_tables
from parking_messaging.wiring import kafka_consumer, kafka_consumers, postgres_relay, postgres_replayers

__all__ = [
    "Backoff",
    "Consumer",
    "ConsumerSettings",
    "ConsumerStatus",
    "DeadLetterLimit",
    "Delivery",
    "Envelope",
    "Handlers",
    "Inbox",
    "InboxCleaner",
    "KafkaConnection",
    "KafkaPublisher",
    "KafkaSource",
    "MessagingTables",
    "Outbox",
    "PoisonEvent",
    "PostgresInbox",
    "PostgresOutbox",
    "Processor",
    "Relay",
    "RelaySettings",
    "RelayStatus",
    "ReplayReport",
    "Replayer",
    "RetryPolicy",
    "SourceUnavailable",
    "TooManyDeadLetters",
    "Transactions",
    "TryAgainLater",
    "add_replay_arguments",
    "connect_backlog",
    "ensure_topics",
    "group_lag",
    "has_caught_up",
    "kafka_consumer",
    "kafka_consumers",
    "messaging_tables",
    "outbox_row",
    "outbox_values",
    "postgres_relay",
    "postgres_replayers",
    "run_replay",
    "topics_of",
    "upsert_if_newer",
]
