"""One transaction."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from parking_kernel.askers import Asker
from parking_kernel.jobs import Jobs
from parking_kernel.repeatable import Answers
from parking_service.application.ports.imports import Imports
from parking_service.application.ports.lots import Lots, Organizations, Spots, Tariffs
from parking_service.application.ports.occupancy import Occupancy
from parking_service.application.ports.supply import Bookings, SupplyChanges
from parking_service.domain.lots import Lot
from parking_service.domain.occupancy import LotCount, SpotOccupancy
from parking_service.domain.spots import Spot
from parking_service.domain.tariffs import TariffVersion

type Aggregate = Lot | Spot | TariffVersion | SpotOccupancy | LotCount
"""What changes as a whole, and makes events."""


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction's repositories. What they stored is published when it commits, in the order of storing."""

    lots: Lots
    spots: Spots
    tariffs: Tariffs
    organizations: Organizations
    occupancy: Occupancy
    imports: Imports
    import_jobs: Jobs
    bookings: Bookings
    supply_changes: SupplyChanges
    answers: Answers


OpenWork = Callable[[Asker], AbstractAsyncContextManager[Work]]
"""Opens a transaction in somebody's name: it commits when its block ends, and rolls back when the block raises."""
