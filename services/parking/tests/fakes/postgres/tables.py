"""What the fakes keep."""

from copy import copy
from dataclasses import dataclass, field, fields
from uuid import UUID

from parking_chassis.fakes.answers import StoredAnswer
from parking_chassis.fakes.jobs import JobRow
from parking_service.domain.bookings import Booking
from parking_service.domain.import_options import RowWarning
from parking_service.domain.imports import ImportRow, ImportState, RefusedRow
from parking_service.domain.lots import LotState
from parking_service.domain.occupancy import LotCountState, SpotOccupancyState
from parking_service.domain.organizations import Organization
from parking_service.domain.spots import SpotState
from parking_service.domain.supply import SupplyChangeState
from parking_service.domain.tariffs import TariffState


@dataclass
class Tables:
    """States by id; `outbox` holds domain events."""

    lots: dict[UUID, LotState] = field(default_factory=dict[UUID, LotState])
    spots: dict[UUID, SpotState] = field(default_factory=dict[UUID, SpotState])
    tariffs: dict[UUID, TariffState] = field(default_factory=dict[UUID, TariffState])
    organizations: dict[UUID, Organization] = field(default_factory=dict[UUID, Organization])
    seen: dict[UUID, SpotOccupancyState] = field(default_factory=dict[UUID, SpotOccupancyState])
    counts: dict[UUID, LotCountState] = field(default_factory=dict[UUID, LotCountState])
    imports: dict[UUID, ImportState] = field(default_factory=dict[UUID, ImportState])
    import_jobs: dict[UUID, JobRow] = field(default_factory=dict[UUID, JobRow])
    waiting: dict[tuple[UUID, int], ImportRow] = field(default_factory=dict[tuple[UUID, int], ImportRow])
    refused: dict[tuple[UUID, int], RefusedRow] = field(default_factory=dict[tuple[UUID, int], RefusedRow])
    warnings: dict[tuple[UUID, int], RowWarning] = field(default_factory=dict[tuple[UUID, int], RowWarning])
    bookings: dict[UUID, Booking] = field(default_factory=dict[UUID, Booking])
    supply_changes: dict[UUID, SupplyChangeState] = field(default_factory=dict[UUID, SupplyChangeState])
    answers: dict[tuple[str, str], StoredAnswer] = field(default_factory=dict[tuple[str, str], StoredAnswer])
    due: set[UUID] = field(default_factory=set[UUID])
    outbox: list[object] = field(default_factory=list[object])

    def copy(self) -> "Tables":
        return Tables(**{each.name: copy(getattr(self, each.name)) for each in fields(self)})

    def take_over(self, draft: "Tables") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(draft, each.name))
