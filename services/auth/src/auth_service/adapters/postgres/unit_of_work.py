"""One transaction, the repositories on it, and the events of what they saved."""

from auth_service.adapters.postgres.askers_login import PostgresAskersLogin
from auth_service.adapters.postgres.attempts import PostgresAttempts
from auth_service.adapters.postgres.logins import PostgresLogins
from auth_service.adapters.postgres.mails import PostgresMails
from auth_service.adapters.postgres.organizations import PostgresOrganizations
from auth_service.adapters.postgres.outbox import publish
from auth_service.adapters.postgres.roles import PostgresRoles
from auth_service.adapters.postgres.signing_keys import PostgresSigningKeys
from auth_service.adapters.postgres.tables import idempotency_keys
from auth_service.adapters.postgres.users import PostgresUsers
from auth_service.application.ports import Aggregate, Work
from parking_chassis.sealing import Sealer
from parking_chassis.stored_answers import PostgresAnswers
from parking_chassis.units_of_work import Transaction, UnitsOfWork
from parking_kernel.clocks import NewId


def units_of_work(sealer: Sealer, answer_sealer: Sealer, new_id: NewId) -> UnitsOfWork[Work, Aggregate]:
    """How this service opens units of work. `sealer` seals the private signing keys, the other stored answers."""

    def build(transaction: Transaction[Aggregate]) -> Work:
        connection = transaction.connection
        return Work(
            PostgresUsers(transaction),
            PostgresLogins(transaction),
            PostgresOrganizations(transaction),
            PostgresRoles(connection),
            PostgresMails(connection, new_id),
            PostgresAttempts(connection),
            PostgresSigningKeys(connection, sealer),
            PostgresAnswers(connection, idempotency_keys, answer_sealer),
            PostgresAskersLogin(transaction),
        )

    return UnitsOfWork(build, publish)
