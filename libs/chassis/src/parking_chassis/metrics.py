"""The technical metrics that every process exposes (Prometheus). No label carries an id or personal data."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

REQUEST_DURATION = Histogram(
    "request_duration_seconds",
    "From the first byte of a request to the last of its answer",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
ERRORS = Counter("errors", "Answers with status 5xx and failures in background loops", ["where"])
CACHE_HIT_RATE = Gauge("cache_hit_rate", "Share of look-ups that a cache answered since start", ["cache"])


class DatabaseConnections(Collector):
    """Connections of an engine's pool, by state, read when asked."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One sample for each state."""
        family = GaugeMetricFamily("database_connections", "Connections of the pool", labels=["state"])
        pool = self._engine.sync_engine.pool
        if isinstance(pool, QueuePool):
            family.add_metric(["in_use"], pool.checkedout())
            family.add_metric(["idle"], pool.checkedin())
        yield family


def watch_pool(engine: AsyncEngine) -> DatabaseConnections:
    """Expose the pool of this process; the caller unregisters what is returned when the engine goes."""
    collector = DatabaseConnections(engine)
    REGISTRY.register(collector)
    return collector
