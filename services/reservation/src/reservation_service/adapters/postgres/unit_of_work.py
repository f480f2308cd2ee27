"""One transaction and the repositories on it."""

from parking_chassis.sealing import Sealer
from parking_chassis.stored_answers import PostgresAnswers
from parking_chassis.units_of_work import Transaction, UnitsOfWork
from reservation_service.adapters.postgres.early_exits import PostgresEarlyExits
from reservation_service.adapters.postgres.gate_lists import PostgresGateLists
from reservation_service.adapters.postgres.lots import PostgresCopies, PostgresLots
from reservation_service.adapters.postgres.operator_cancellations import PostgresOperatorCancellations
from reservation_service.adapters.postgres.outbox import publish
from reservation_service.adapters.postgres.payment_watermark import DatabaseTime, PostgresPaymentWatermark
from reservation_service.adapters.postgres.reservations import PostgresReservations
from reservation_service.adapters.postgres.supply_changes import PostgresSupplyChanges
from reservation_service.adapters.postgres.tables import idempotency_keys
from reservation_service.adapters.postgres.timetable import PostgresTimetable
from reservation_service.adapters.postgres.unsettled_stays import PostgresUnsettledStays
from reservation_service.adapters.postgres.users import PostgresUsers
from reservation_service.application.ports import Work
from reservation_service.domain.reservations import Reservation
from reservation_service.domain.supply import SupplyChange


def units_of_work(sealer: Sealer) -> UnitsOfWork[Work, Reservation | SupplyChange]:
    """How this service makes its units of work."""

    def build(transaction: Transaction[Reservation | SupplyChange]) -> Work:
        connection = transaction.connection
        return Work(
            lots=PostgresLots(connection),
            copies=PostgresCopies(connection),
            timetable=PostgresTimetable(connection),
            reservations=PostgresReservations(transaction),
            operator_cancellations=PostgresOperatorCancellations(connection),
            supply_changes=PostgresSupplyChanges(transaction),
            payment_watermark=PostgresPaymentWatermark(connection),
            early_exits=PostgresEarlyExits(connection),
            unsettled_stays=PostgresUnsettledStays(connection),
            gate_lists=PostgresGateLists(connection),
            users=PostgresUsers(connection),
            answers=PostgresAnswers(connection, idempotency_keys, sealer),
            time=DatabaseTime(connection),
        )

    return UnitsOfWork(build, publish)
