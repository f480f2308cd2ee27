"""What parking does by itself: imports, open periods, how full the lots are, and events in and out."""

from prometheus_client import Gauge

from parking_chassis.database import ping
from parking_chassis.process import Address, every, work
from parking_service.application.commands.continue_imports import ContinueImports
from parking_service.application.commands.extend_open_periods import ExtendOpenPeriods
from parking_service.application.queries.measure_occupancy import MeasureOccupancy
from parking_service.bootstrap import Parking, consumers, outbox_relay, resources, topic_watch

IMPORTS_SECONDS = 0.5
OPEN_PERIODS_SECONDS = 3600.0
OCCUPANCY_SECONDS = 15.0

# One figure for the whole installation: a label for each lot would be one for each row of a table.
OCCUPANCY_RATE = Gauge("occupancy_rate", "Share of the usable spots of all watched lots that are taken")
WATCHED_SPOTS = Gauge("watched_spots", "Usable spots of the lots that are watched, for weighing occupancy_rate")


def run_worker(parking: Parking) -> None:
    """Run all loops until a signal."""
    does, settings = parking.use_cases, parking.settings
    relay, groups = outbox_relay(settings), consumers(parking)

    async def continue_imports() -> None:
        await does.continue_imports(ContinueImports())

    async def extend_open_periods() -> None:
        await does.extend_open_periods(ExtendOpenPeriods())

    async def measure_occupancy() -> None:
        rate = await does.measure_occupancy(MeasureOccupancy())
        WATCHED_SPOTS.set(rate.spots)
        OCCUPANCY_RATE.set(rate.taken / rate.spots if rate.spots else 0)

    async def check_relay() -> None:
        if not relay.status().is_connected:
            raise ConnectionError("the relay is not connected to the outbox")

    async def check_consumers() -> None:
        if away := [group for group, consumer in groups.items() if not consumer.status().is_ready]:
            raise ConnectionError(f"not consuming: {', '.join(away)}")

    work(
        {
            "outbox_relay": relay.run,
            **{group: consumer.run for group, consumer in groups.items()},
            "topic_settings": topic_watch(settings).run,
            "imports": every(IMPORTS_SECONDS, "imports", continue_imports),
            "open_periods": every(OPEN_PERIODS_SECONDS, "open_periods", extend_open_periods),
            "occupancy_rate": every(OCCUPANCY_SECONDS, "occupancy_rate", measure_occupancy),
        },
        {
            "database": lambda: ping(parking.engine),
            "outbox_relay": check_relay,
            "consumers": check_consumers,
        },
        lambda: resources(parking),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )
