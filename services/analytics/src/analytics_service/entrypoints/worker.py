"""What analytics does by itself: take events in, and look after its indices."""

import structlog
from prometheus_client import Gauge

from analytics_service.application.commands.drop_old_indices import DropOldIndices
from analytics_service.application.commands.prepare_indices import PrepareIndices
from analytics_service.application.ports import Projection, StoreAway
from analytics_service.bootstrap import Analytics, UseCases, consumers, outbox_relay, resources
from parking_chassis.database import ping
from parking_chassis.process import Address, every, work

log = structlog.stdlib.get_logger(__name__)

INDICES_SECONDS = 10.0
OLD_INDICES_SECONDS = 60.0

PROJECTION_INDEX_MISSING = Gauge(
    "projection_index_missing", "1 while the index of a projection is gone, and its events wait", ["projection"]
)


async def look_after_indices(does: UseCases) -> None:
    """Make or mend what can be, and say what only a rebuild brings back."""
    try:
        missing = await does.prepare_indices(PrepareIndices())
    except StoreAway as error:
        log.warning("indices_not_prepared", why=str(error))
        return
    for projection in Projection:
        PROJECTION_INDEX_MISSING.labels(projection.value).set(projection in missing)
    for projection in missing:
        log.error("projection_index_missing", run=f"analytics-service rebuild {projection.value}")


def run_worker(analytics: Analytics) -> None:
    """Run all loops until a signal."""
    settings, does = analytics.settings, analytics.use_cases
    relay, groups = outbox_relay(settings), consumers(analytics)

    async def indices() -> None:
        await look_after_indices(does)

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
            "indices": every(INDICES_SECONDS, "indices", indices),
            "old_indices": every(OLD_INDICES_SECONDS, "old_indices", old_indices),
            **{group: consumer.run for group, consumer in groups.items()},
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
