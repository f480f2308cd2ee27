"""What Prometheus is told. Labels hold no ids."""

from typing import Final

from prometheus_client import Counter, Gauge

OUTBOX_UNSENT: Final = Gauge("outbox_unsent", "Events that wait to be published")
OUTBOX_OLDEST_AGE: Final = Gauge("outbox_oldest_age_seconds", "Age of the oldest event that waits to be published")
OUTBOX_HELD_SUBJECTS: Final = Gauge("outbox_held_subjects", "Subjects that wait behind an event which Kafka refused")
EVENTS_PUBLISHED: Final = Counter("events_published_total", "Events that Kafka acknowledged", ["topic"])
EVENTS_REFUSED: Final = Counter("events_refused_total", "Times that Kafka refused an event", ["topic"])
RELAY_ACTIVE: Final = Gauge("relay_active", "1 where this process publishes, 0 where it stands by")

TOPIC_SETTINGS_DRIFT: Final = Gauge(
    "topic_settings_drift", "1 where a topic's setting is not what the catalogue says, else 0", ["topic", "setting"]
)

CONSUMER_LAG: Final = Gauge("consumer_lag", "Records not yet settled", ["group", "topic", "partition"])
CONSUMER_WAITING: Final = Gauge("consumer_waiting_partitions", "Partitions that wait for a dependency", ["group"])
EVENTS_CONSUMED: Final = Counter("events_consumed_total", "Events settled", ["group", "type", "outcome"])
DEAD_LETTERS: Final = Counter("dead_letters_total", "Events that could not be applied", ["group", "type"])
