"""How far a member is behind, partition by partition, and what is shown of it.

Known for every assigned partition, also for one of which nothing was settled yet: a member that starts while a
dependency is away is behind from the first moment on. A partition that waits is not fetched, so its end is asked for.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Final

import structlog

from parking_messaging import metrics
from parking_messaging.failures import SourceUnavailable
from parking_messaging.ports import RecordSource
from parking_messaging.records import Partition

_log: Final = structlog.get_logger(__name__)


class LagMeter:
    """Measures one member of a group. Every `interval` seconds it asks for the ends of paused partitions."""

    def __init__(
        self, group: str, *, interval: float, patience: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._group = group
        self._interval = interval
        self._patience = patience
        self._clock = clock
        self._begun: dict[Partition, int] = {}
        self._ends: dict[Partition, int] = {}
        self._shown: set[Partition] = set()
        self._due = 0.0

    def began(self, partition: Partition, offset: int) -> None:
        """The first record of it that was handed out."""
        self._begun.setdefault(partition, offset)

    async def learn(self, source: RecordSource, assigned: Collection[Partition], paused: Collection[Partition]) -> None:
        """Find out where the group goes on, and where partitions end that are not fetched at the moment."""
        for partition in assigned:
            if partition not in self._begun and (position := await source.position(partition)) is not None:
                self._begun[partition] = position
        if not paused or self._clock() < self._due:
            return
        self._due = self._clock() + self._interval
        try:
            async with asyncio.timeout(self._patience):
                self._ends |= await source.ends(list(paused))
        except (SourceUnavailable, TimeoutError) as error:
            _log.warning("the ends of partitions are not known", group=self._group, error=repr(error))

    def lag(
        self, source: RecordSource, assigned: Collection[Partition], settled: Mapping[Partition, int]
    ) -> dict[Partition, int]:
        """Records not yet settled of each of these partitions, as far as known; `settled` is up to where each is."""
        lags: dict[Partition, int] = {}
        for partition in assigned:
            known = [end for end in (source.end(partition), self._ends.get(partition)) if end is not None]
            done_up_to = settled.get(partition, self._begun.get(partition))
            if known and done_up_to is not None:
                lags[partition] = max(0, *(end - done_up_to for end in known))
        return lags

    def show(self, lags: Mapping[Partition, int], *, assigned: int, waiting: int) -> None:
        """Show these and no others: a figure of a partition that left would stay as it was."""
        for gone in self._shown - lags.keys():
            metrics.CONSUMER_LAG.remove(self._group, gone.topic, gone.number)
        for partition, lag in lags.items():
            metrics.CONSUMER_LAG.labels(self._group, partition.topic, partition.number).set(lag)
        self._shown = set(lags)
        metrics.CONSUMER_ASSIGNED.labels(self._group).set(assigned)
        metrics.CONSUMER_WAITING.labels(self._group).set(waiting)

    def discard(self, partitions: Collection[Partition]) -> None:
        """Another member has these from now on: what is known of them grows old."""
        for partition in partitions:
            self._begun.pop(partition, None)
            self._ends.pop(partition, None)
