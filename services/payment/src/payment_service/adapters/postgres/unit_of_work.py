"""One transaction and the repositories on it."""

from parking_chassis.sealing import Sealer
from parking_chassis.stored_answers import PostgresAnswers
from parking_chassis.units_of_work import Transaction, UnitsOfWork
from payment_service.adapters.postgres.amounts_due import PostgresAmountsDue
from payment_service.adapters.postgres.due_work import PostgresDueWork
from payment_service.adapters.postgres.figures import PostgresCapturedAmounts, PostgresComparisons
from payment_service.adapters.postgres.invariant_audit import PostgresInvariantAudit
from payment_service.adapters.postgres.outbox import publish
from payment_service.adapters.postgres.payments import PostgresPayments
from payment_service.adapters.postgres.refund_orders import PostgresRefundOrders
from payment_service.adapters.postgres.tables import idempotency_keys
from payment_service.adapters.postgres.webhooks import PostgresWebhooks
from payment_service.application.ports import Work
from payment_service.domain.payments import Payment


def units_of_work(answers: Sealer) -> UnitsOfWork[Work, Payment]:
    """How this service makes units of work; `answers` seals the stored ones."""

    def build(transaction: Transaction[Payment]) -> Work:
        connection = transaction.connection
        return Work(
            answers=PostgresAnswers(connection, idempotency_keys, answers),
            payments=PostgresPayments(transaction),
            due_work=PostgresDueWork(connection),
            webhooks=PostgresWebhooks(connection),
            amounts_due=PostgresAmountsDue(connection),
            refund_orders=PostgresRefundOrders(connection),
            audit=PostgresInvariantAudit(connection),
            captured_amounts=PostgresCapturedAmounts(connection),
            comparisons=PostgresComparisons(connection),
        )

    return UnitsOfWork(build, publish)
