"""The metrics for Prometheus. Labels hold no ids.

A series that could be wrong is not there: a process shows the figures of the outbox only while it knows them, and the
lag of a partition only while that is its own. A counter whose labels are known is there from the start, at 0, so that
its first increase is seen as one.
"""

from collections.abc import Iterable
from typing import Final

from prometheus_client import Counter, Gauge
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector

from parking_messaging.ports import BacklogState


class OutboxFigures(Collector):
    """What waits in the service's outbox, as this process last read it; no sample where it does not know.

    A worker's relay knows while it is the active one; a process that serves asks the database when it is asked itself.
    """

    def __init__(self) -> None:
        self._state: BacklogState | None = None
        self._held_subjects: int | None = None

    def show(self, state: BacklogState | None) -> None:
        """What the database has; None where it did not answer."""
        self._state = state

    def show_held(self, subjects: int) -> None:
        """What Kafka refused: the active relay alone knows."""
        self._held_subjects = subjects

    def clear(self) -> None:
        """Nothing of it is known any more."""
        self._state = self._held_subjects = None

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """At most a sample each."""
        state = self._state
        return [
            _gauge("outbox_unsent", "Events that wait to be published", state and state.unsent),
            _gauge(
                "outbox_oldest_age_seconds",
                "Age of the oldest event that waits to be published",
                state and state.oldest_age,
            ),
            _gauge(
                "outbox_held_subjects", "Subjects that wait behind an event which Kafka refused", self._held_subjects
            ),
        ]


def _gauge(name: str, documentation: str, value: float | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, documentation)
    if value is not None:
        family.add_metric([], value)
    return family


OUTBOX: Final = OutboxFigures()
REGISTRY.register(OUTBOX)
EVENTS_PUBLISHED: Final = Counter("events_published_total", "Events that Kafka acknowledged", ["topic"])
EVENTS_REFUSED: Final = Counter("events_refused_total", "Times that Kafka refused an event", ["topic"])
RELAY_ACTIVE: Final = Gauge("relay_active", "1 where this process publishes, 0 where it stands by")

TOPIC_SETTINGS_DRIFT: Final = Gauge(
    "topic_settings_drift", "1 where a topic's setting is not what the catalogue says, else 0", ["topic", "setting"]
)

CONSUMER_LAG: Final = Gauge("consumer_lag", "Records not yet settled", ["group", "topic", "partition"])
CONSUMER_ASSIGNED: Final = Gauge("consumer_assigned_partitions", "Partitions that this process consumes", ["group"])
CONSUMER_WAITING: Final = Gauge("consumer_waiting_partitions", "Partitions that wait for a dependency", ["group"])
EVENTS_CONSUMED: Final = Counter("events_consumed_total", "Events settled", ["group", "type", "outcome"])
DEAD_LETTERS: Final = Counter("dead_letters_total", "Events that could not be applied", ["group", "type"])


def expect_topics(topics: Iterable[str]) -> None:
    """Begin to count what is published to these."""
    for topic in topics:
        EVENTS_PUBLISHED.labels(topic)
        EVENTS_REFUSED.labels(topic)


def expect_group(group: str, types: Iterable[str], outcomes: Iterable[str]) -> None:
    """Begin to count what a group of this process settles, and show that it has no partition yet."""
    known = list(outcomes)
    for event_type in types:
        DEAD_LETTERS.labels(group, event_type)
        for outcome in known:
            EVENTS_CONSUMED.labels(group, event_type, outcome)
    CONSUMER_ASSIGNED.labels(group)
    CONSUMER_WAITING.labels(group)
