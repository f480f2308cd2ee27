"""One transaction and the repositories on it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.database import transactions
from payment_service.adapters.kafka.outbox import OutboxEvents
from payment_service.adapters.postgres.agenda import PostgresAgenda
from payment_service.adapters.postgres.answers import PostgresAnswers
from payment_service.adapters.postgres.dues import PostgresReservationDues
from payment_service.adapters.postgres.oracle import PostgresOracle
from payment_service.adapters.postgres.payments import PostgresPayments
from payment_service.adapters.postgres.refund_orders import PostgresRefundOrders
from payment_service.adapters.postgres.webhooks import PostgresWebhooks
from payment_service.application.ports import OpenWork


@dataclass(frozen=True, slots=True)
class PostgresWork:
    """See `payment_service.application.ports.Work`."""

    answers: PostgresAnswers
    payments: PostgresPayments
    agenda: PostgresAgenda
    webhooks: PostgresWebhooks
    dues: PostgresReservationDues
    refund_orders: PostgresRefundOrders
    oracle: PostgresOracle
    events: OutboxEvents


def work_on(connection: AsyncConnection) -> PostgresWork:
    """The repositories on a transaction that someone else opened."""
    return PostgresWork(
        PostgresAnswers(connection),
        PostgresPayments(connection),
        PostgresAgenda(connection),
        PostgresWebhooks(connection),
        PostgresReservationDues(connection),
        PostgresRefundOrders(connection),
        PostgresOracle(connection),
        OutboxEvents(connection),
    )


def postgres_work(engine: AsyncEngine) -> OpenWork:
    """How this service opens a unit of work."""
    return transactions(engine, work_on)
