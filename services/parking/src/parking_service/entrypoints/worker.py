"""What parking does by itself: imports, open periods, how full the lots are, and events in and out."""

from collections.abc import Callable

from prometheus_client.registry import REGISTRY

from parking_chassis.database import ping
from parking_chassis.metrics import LeaderFigure
from parking_chassis.process import Address, Timer, timer_loops, work
from parking_service.application.commands.continue_imports import ContinueImports
from parking_service.application.commands.extend_open_periods import ExtendOpenPeriods
from parking_service.application.commands.purge_bookings import PurgeBookings
from parking_service.application.commands.purge_supply_changes import PurgeSupplyChanges
from parking_service.application.commands.recount_free_spots import RecountFreeSpots
from parking_service.application.ports import OccupancyRate
from parking_service.bootstrap import Parking, resources
from parking_service.entrypoints.consumers import messaging

IMPORTS_SECONDS = 0.5
FREE_SPOTS_SECONDS = 1.0
OCCUPANCY_SECONDS = 15.0
HOUR_SECONDS = 3600.0


class WatchedLots:
    """How full the watched lots are: figures of the whole installation, which its leader shows.

    They have no labels: one for each lot would be one for each row of a table.
    """

    def __init__(self, parking: Parking, leads: Callable[[], bool]) -> None:
        self._lots = parking.queries.replica
        self.taken = LeaderFigure(
            leads, "occupancy_rate", "Share of the usable spots of all watched lots that are taken"
        )
        self.spots = LeaderFigure(
            leads, "watched_spots", "Usable spots of the lots that are watched, for weighing occupancy_rate"
        )

    async def measure(self) -> None:
        """Sum up what was last seen."""
        known: OccupancyRate | None = None
        try:
            known = await self._lots.occupancy_rate()
        finally:  # nothing where this failed: what was known before is old
            self.taken.show(known.share if known else None)
            self.spots.show(known.spots if known else None)


def run_worker(parking: Parking) -> None:
    """Run all loops until a signal."""
    settings, kafka = parking.settings, messaging(parking)

    def leads() -> bool:
        return kafka.leads

    lots = WatchedLots(parking, leads)
    REGISTRY.register(lots.taken)
    REGISTRY.register(lots.spots)
    work(
        {**kafka.loops(), **timer_loops(_timers(parking, lots), leads)},
        {"database": lambda: ping(parking.engine), **kafka.readiness()},
        lambda: resources(parking),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )


def _timers(parking: Parking, lots: WatchedLots) -> list[Timer]:
    does = parking.use_cases
    return [
        Timer("imports", IMPORTS_SECONDS, lambda: does.continue_imports(ContinueImports())),
        Timer(
            "open_periods",
            HOUR_SECONDS,
            lambda: does.extend_open_periods(ExtendOpenPeriods()),
            in_the_leader=True,
        ),
        Timer(
            "free_spots",
            FREE_SPOTS_SECONDS,
            lambda: does.recount_free_spots(RecountFreeSpots()),
            in_the_leader=True,
        ),
        Timer("occupancy_rate", OCCUPANCY_SECONDS, lots.measure, in_the_leader=True),
        Timer("bookings", HOUR_SECONDS, lambda: does.purge_bookings(PurgeBookings()), in_the_leader=True),
        Timer(
            "supply_changes", HOUR_SECONDS, lambda: does.purge_supply_changes(PurgeSupplyChanges()), in_the_leader=True
        ),
        Timer("answers", HOUR_SECONDS, does.purge_answers, in_the_leader=True),
    ]
