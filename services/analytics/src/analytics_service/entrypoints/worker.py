"""What analytics does by itself: consume events, and reconcile its indices with the register."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from prometheus_client.registry import REGISTRY

from analytics_service.application.commands.drop_old_indices import DropOldIndices
from analytics_service.application.commands.prepare_indices import PrepareIndices
from analytics_service.application.ports import Projection, StoreAway
from analytics_service.bootstrap import Analytics, UseCases, resources
from analytics_service.entrypoints.consumers import PROJECTIONS, messaging
from parking_chassis.database import ping
from parking_chassis.metrics import LeaderFigure
from parking_chassis.process import Address, Loop, Timer, timer_loops, work
from parking_messaging.waiting import wait_for_any

log = structlog.stdlib.get_logger(__name__)

INDICES_SECONDS = 10.0
OLD_INDICES_SECONDS = 60.0


def index_missing(leads: Callable[[], bool]) -> LeaderFigure:
    """The figure that calls an operator; not known while Elasticsearch cannot be asked."""
    meaning = "1 while the index of a projection is gone, and its events wait"
    return LeaderFigure(leads, "projection_index_missing", meaning, label="projection")


@dataclass(slots=True)
class IndexKeeper:
    """Reconciles the indices with the register, and knows whether there have been any yet."""

    does: UseCases
    index_missing: LeaderFigure
    are_there: asyncio.Event = field(default_factory=asyncio.Event)

    async def reconcile(self) -> None:
        """Make or mend what can be, and say what only a rebuild brings back."""
        try:
            missing = await self.does.prepare_indices(PrepareIndices())
        except StoreAway as error:
            self.index_missing.show_each({})
            log.warning("indices_not_prepared", why=str(error))
            return
        self.index_missing.show_each({projection.value: float(projection in missing) for projection in Projection})
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

    def timers(self) -> list[Timer]:
        """Every worker makes sure that there are indices before it consumes; one deletes the old ones for all."""

        async def old_indices() -> None:
            await self.does.drop_old_indices(DropOldIndices())

        return [
            Timer("indices", INDICES_SECONDS, self.reconcile),
            Timer("old_indices", OLD_INDICES_SECONDS, old_indices, in_the_leader=True),
        ]


def run_worker(analytics: Analytics) -> None:
    """Run all loops until a signal."""
    settings, kafka = analytics.settings, messaging(analytics)
    keeper = IndexKeeper(analytics.use_cases, index_missing(lambda: kafka.leads))
    REGISTRY.register(keeper.index_missing)
    loops = kafka.loops()
    work(
        {
            **loops,
            PROJECTIONS: keeper.then(loops[PROJECTIONS]),
            **timer_loops(keeper.timers(), lambda: kafka.leads),
        },
        {
            "database": lambda: ping(analytics.engine),
            "elasticsearch": analytics.ping_elasticsearch,
            **kafka.readiness(),
        },
        lambda: resources(analytics),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )
