"""Units of work on the fakes' tables."""

from collections.abc import Callable, Sequence
from datetime import datetime

from services.parking.tests.fakes.postgres.bookings import InMemoryBookings
from services.parking.tests.fakes.postgres.imports import InMemoryImports
from services.parking.tests.fakes.postgres.lots import InMemoryLots
from services.parking.tests.fakes.postgres.occupancy import InMemoryOccupancy
from services.parking.tests.fakes.postgres.organizations import InMemoryOrganizations
from services.parking.tests.fakes.postgres.spots import InMemorySpots
from services.parking.tests.fakes.postgres.supply_changes import InMemorySupplyChanges
from services.parking.tests.fakes.postgres.tables import Tables
from services.parking.tests.fakes.postgres.tariffs import InMemoryTariffs

from parking_chassis.fakes.answers import InMemoryAnswers
from parking_chassis.fakes.jobs import InMemoryJobs
from parking_chassis.fakes.units_of_work import in_memory_units_of_work
from parking_kernel.askers import Asker
from parking_kernel.changes import Changes
from parking_service.application.ports import Aggregate, OpenWork, Work


def in_memory_work(tables: Tables, now: Callable[[], datetime]) -> OpenWork:
    def build(draft: Tables, _asker: Asker, changes: Changes[Aggregate]) -> Work:
        return Work(
            lots=InMemoryLots(draft, changes),
            spots=InMemorySpots(draft, changes),
            tariffs=InMemoryTariffs(draft, changes),
            organizations=InMemoryOrganizations(draft),
            occupancy=InMemoryOccupancy(draft, changes),
            imports=InMemoryImports(draft),
            import_jobs=InMemoryJobs(draft.import_jobs),
            bookings=InMemoryBookings(draft),
            supply_changes=InMemorySupplyChanges(draft),
            answers=InMemoryAnswers(draft.answers, now, running=set()),
        )

    return in_memory_units_of_work(tables, build, _publish)


def _publish(draft: Tables, changed: Sequence[Aggregate]) -> None:
    draft.outbox.extend(event for aggregate in changed for event in aggregate.events)
