"""The only member of a group on the fake broker."""

import asyncio
from collections.abc import Collection, Mapping, Sequence

from parking_messaging.failures import SourceUnavailable
from parking_messaging.fakes.broker import FakeBroker
from parking_messaging.ports import PartitionListener
from parking_messaging.records import Partition, Record
from parking_messaging.waiting import wait_for_any


class FakeSource:
    """See `RecordSource`. `rebalance` takes all partitions away and gives them back."""

    def __init__(self, broker: FakeBroker, *, group: str, topics: Collection[str], max_records: int = 500) -> None:
        self._broker = broker
        self._group = group
        self._topics = topics
        self._max_records = max_records
        self._positions: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._ends: dict[Partition, int] = {}
        self._listener: PartitionListener | None = None

    async def start(self, listener: PartitionListener) -> None:
        """Take all partitions, from where the group left off."""
        self._reachable()
        self._listener = listener
        await self._assign()

    async def rebalance(self) -> None:
        """What a second member causes, coming and going."""
        if self._listener is not None:
            await self._listener.revoked(list(self._positions))
            await self._assign()

    async def poll(self, timeout: float) -> Mapping[Partition, Sequence[Record]]:  # noqa: ASYNC109 - see the port
        """Deliver, or wait until something is written."""
        self._reachable()
        self._broker.written.clear()
        found = self._next()
        if not found:
            await wait_for_any(self._broker.written, timeout=timeout)
            found = self._next()
        await asyncio.sleep(0)
        return found

    def pause(self, partition: Partition) -> None:
        """Deliver nothing of it."""
        self._paused.add(partition)

    def resume(self, partition: Partition) -> None:
        """Deliver it again."""
        self._paused.discard(partition)

    def end(self, partition: Partition) -> int | None:
        """How much was written when it was last delivered from: a paused partition is not asked."""
        return self._ends.get(partition)

    async def position(self, partition: Partition) -> int | None:
        """What comes next."""
        return self._positions.get(partition)

    async def ends(self, partitions: Sequence[Partition]) -> Mapping[Partition, int]:
        """How much was written."""
        self._reachable()
        return {partition: len(self._broker.logs[partition]) for partition in partitions}

    async def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Note them."""
        self._reachable()
        for partition, offset in offsets.items():
            self._broker.committed[self._group, partition] = offset

    async def stop(self) -> None:
        """Leave."""
        self._positions.clear()

    async def _assign(self) -> None:
        mine = [partition for partition in self._broker.logs if partition.topic in self._topics]
        self._positions = {each: self._broker.committed.get((self._group, each), 0) for each in mine}
        self._paused.clear()
        if self._listener is not None:
            await self._listener.assigned(mine)

    def _next(self) -> dict[Partition, Sequence[Record]]:
        found: dict[Partition, Sequence[Record]] = {}
        for partition, position in self._positions.items():
            if partition in self._paused:
                continue
            self._ends[partition] = len(self._broker.logs[partition])
            records = self._broker.logs[partition][position : position + self._max_records]
            if records:
                found[partition] = records
                self._positions[partition] = position + len(records)
        return found

    def _reachable(self) -> None:
        if self._broker.is_down:
            raise SourceUnavailable("the broker is down")
