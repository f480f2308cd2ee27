"""Units of work on the tables in memory."""

from collections.abc import Sequence

from services.reservation.tests.fakes.clock import FakeClock
from services.reservation.tests.fakes.postgres.early_exits import InMemoryEarlyExits
from services.reservation.tests.fakes.postgres.gate_lists import InMemoryGateLists
from services.reservation.tests.fakes.postgres.lots import InMemoryCopies, InMemoryLots
from services.reservation.tests.fakes.postgres.operator_cancellations import InMemoryOperatorCancellations
from services.reservation.tests.fakes.postgres.payment_watermark import FakeTime, InMemoryPaymentWatermark
from services.reservation.tests.fakes.postgres.reservations import InMemoryReservations
from services.reservation.tests.fakes.postgres.supply_changes import InMemorySupplyChanges
from services.reservation.tests.fakes.postgres.tables import Tables
from services.reservation.tests.fakes.postgres.timetable import InMemoryTimetable
from services.reservation.tests.fakes.postgres.unsettled_stays import InMemoryUnsettledStays
from services.reservation.tests.fakes.postgres.users import InMemoryUsers

from parking_chassis.fakes.answers import InMemoryAnswers
from parking_chassis.fakes.units_of_work import in_memory_units_of_work
from parking_kernel.askers import Asker
from parking_kernel.changes import Changes
from reservation_service.application.ports import OpenWork, Work
from reservation_service.domain.reservations import Reservation
from reservation_service.domain.supply import SupplyChange


def in_memory_work(tables: Tables, clock: FakeClock) -> OpenWork:
    def build(draft: Tables, _asker: Asker, changes: Changes[Reservation | SupplyChange]) -> Work:
        return Work(
            lots=InMemoryLots(draft),
            copies=InMemoryCopies(draft),
            timetable=InMemoryTimetable(draft),
            reservations=InMemoryReservations(draft, changes),
            operator_cancellations=InMemoryOperatorCancellations(draft),
            supply_changes=InMemorySupplyChanges(draft, changes),
            payment_watermark=InMemoryPaymentWatermark(draft),
            early_exits=InMemoryEarlyExits(draft),
            unsettled_stays=InMemoryUnsettledStays(draft),
            gate_lists=InMemoryGateLists(draft),
            users=InMemoryUsers(draft),
            answers=InMemoryAnswers(draft.answers, clock.now, set()),
            time=FakeTime(clock),
        )

    return in_memory_units_of_work(tables, build, _publish)


def _publish(draft: Tables, changed: Sequence[Reservation | SupplyChange]) -> None:
    for aggregate in changed:
        if isinstance(aggregate, Reservation):
            draft.outbox += aggregate.events
        else:
            draft.supply_outbox += aggregate.events
