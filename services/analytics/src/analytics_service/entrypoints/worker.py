"""What analytics does by itself: take events in, and look after its indices."""

import asyncio
from dataclasses import dataclass, field

import structlog
from prometheus_client import Gauge

from analytics_service.application.commands.drop_old_indices import DropOldIndices
from analytics_service.application.commands.prepare_indices import PrepareIndices
from analytics_service.application.ports import Projection, StoreAway
from analytics_service.bootstrap import (
    PROJECTIONS,
    Analytics,
    UseCases,
    consumers,
    outbox_relay,
    resources,
    topic_watch,
)
from parking_chassis.database import ping
from parking_chassis.process import Address, Loop, every, work
from parking_messaging.waiting import wait_for_any

log = structlog.stdlib.get_logger(__name__)

INDICES_SECONDS = 10.0
OLD_INDICES_SECONDS = 60.0

PROJECTION_INDEX_MISSING = Gauge(
    "projection_index_missing", "1 while the index of a projection is gone, and its events wait", ["projection"]
)


@dataclass(slots=True)
class IndexKeeper:
    """Looks after the indices, and knows whether there have been any yet."""

    does: UseCases
    are_there: asyncio.Event = field(default_factory=asyncio.Event)

    async def look_after(self) -> None:
        """Make or mend what can be, and say what only a rebuild brings back."""
        try:
            missing = await self.does.prepare_indices(PrepareIndices())
        except StoreAway as error:
            log.warning("indices_not_prepared", why=str(error))
            return
        for projection in Projection:
            PROJECTION_INDEX_MISSING.labels(projection.value).set(projection in missing)
        for projection in missing:
            log.error("projection_index_missing", run=f"analytics-service rebuild {projection.value}")
        self.are_there.set()

    def then(self, loop: Loop) -> Loop:
        """The loop, but not before there are indices: events that find none wait longer each time."""

        async def later(stop: asyncio.Event) -> None:
            while not (self.are_there.is_set() or stop.is_set()):
                await wait_for_any(self.are_there, stop, timeout=INDICES_SECONDS)
            await loop(stop)

        return later


def run_worker(analytics: Analytics) -> None:
    """Run all loops until a signal."""
    settings, does = analytics.settings, analytics.use_cases
    relay, groups, keeper = outbox_relay(settings), consumers(analytics), IndexKeeper(does)

    async def old_indices() -> None:
        await does.drop_old_indices(DropOldIndices())

    async def check_outbox() -> None:
        if not relay.status().is_connected:
            raise ConnectionError("the relay is not connected to the outbox")

    async def check_consumers() -> None:
        if away := [group for group, consumer in groups.items() if not consumer.status().is_ready]:
            raise ConnectionError(f"not consuming: {', '.join(away)}")

    work(
        {
            "outbox_relay": relay.run,
            "topic_settings": topic_watch(settings).run,
            "indices": every(INDICES_SECONDS, "indices", keeper.look_after),
            "old_indices": every(OLD_INDICES_SECONDS, "old_indices", old_indices),
            **{group: consumer.run for group, consumer in groups.items()},
            PROJECTIONS: keeper.then(groups[PROJECTIONS].run),
        },
        {
            "database": lambda: ping(analytics.engine),
            "elasticsearch": analytics.ping_elasticsearch,
            "outbox_relay": check_outbox,
            "consumers": check_consumers,
        },
        lambda: resources(analytics),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )
