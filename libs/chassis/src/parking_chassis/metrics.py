"""The technical metrics that every process exposes (Prometheus). No label carries an id or personal data."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping

from prometheus_client import Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
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


def expect_errors(*places: str) -> None:
    """Begin to count the errors of these routes or loops, at 0: the first one is then an increase, which alarms see."""
    for place in places:
        ERRORS.labels(place)


class CacheLookups(Collector):
    """What the caches of this process answered themselves, since it started."""

    def __init__(self) -> None:
        self._hits = Tally[str]()
        self._misses = Tally[str]()

    def count(self, cache: str, *, hit: bool) -> None:
        """Count one look-up."""
        (self._hits if hit else self._misses)[cache] += 1

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """The look-ups by outcome, and the share of hits of each cache that was asked."""
        lookups = CounterMetricFamily("cache_lookups", "Look-ups in a cache", labels=["cache", "outcome"])
        rate = GaugeMetricFamily(
            "cache_hit_rate", "Share of look-ups that a cache answered since start", labels=["cache"]
        )
        for cache in sorted(self._hits.keys() | self._misses.keys()):
            hits, misses = self._hits[cache], self._misses[cache]
            lookups.add_metric([cache, "hit"], hits)
            lookups.add_metric([cache, "miss"], misses)
            rate.add_metric([cache], hits / (hits + misses))
        yield lookups
        yield rate


CACHE_LOOKUPS = CacheLookups()
REGISTRY.register(CACHE_LOOKUPS)


class DatabaseConnections(Collector):
    """Connections of this process's pools, by pool and state, read when asked."""

    def __init__(self, pools: Mapping[str, Callable[[], tuple[int, int]]]) -> None:
        self._pools = pools

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Two samples for each pool."""
        family = GaugeMetricFamily("database_connections", "Open connections of a pool", labels=["pool", "state"])
        for name, counts in self._pools.items():
            in_use, idle = counts()
            family.add_metric([name, "in_use"], in_use)
            family.add_metric([name, "idle"], idle)
        yield family


def watch_pool(engine: AsyncEngine, **others: Callable[[], tuple[int, int]]) -> DatabaseConnections:
    """Expose the pool of an engine, and others that report how many connections are in use and idle.

    The caller unregisters what is returned when the engine goes.
    """

    def of_engine() -> tuple[int, int]:
        pool = engine.sync_engine.pool
        return (pool.checkedout(), pool.checkedin()) if isinstance(pool, QueuePool) else (0, 0)

    collector = DatabaseConnections({"engine": of_engine, **others})
    REGISTRY.register(collector)
    return collector


class LeaderFigure(Collector):
    """A figure of the whole service, which its leading process works out.

    It has no sample where it is not known: in the other processes, which would show what was true once, and after the
    work failed. `kind` is the family of its samples, with a `label` or without.
    """

    def __init__(
        self,
        leads: Callable[[], bool],
        name: str,
        meaning: str,
        *,
        label: str | None = None,
        kind: type[CounterMetricFamily | GaugeMetricFamily] = GaugeMetricFamily,
    ) -> None:
        self._leads = leads
        self._name = name
        self._meaning = meaning
        self._labels = [label] if label else None
        self._kind = kind
        self._samples: Mapping[str, float] = {}

    def show(self, value: float | None) -> None:
        """The present value of a figure without label, or none where it is not known."""
        self._samples = {} if value is None else {"": value}

    def show_each(self, values: Mapping[str, float]) -> None:
        """The present values of a figure by its label."""
        self._samples = dict(values)

    def collect(self) -> Iterable[CounterMetricFamily | GaugeMetricFamily]:
        """What is known."""
        if not self._leads():
            self._samples = {}
        family = self._kind(self._name, self._meaning, labels=self._labels)
        for label, value in self._samples.items():
            family.add_metric([label] if self._labels else [], value)
        yield family
