"""One transaction and the repositories on it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from auth_service.adapters.kafka.outbox import OutboxEvents
from auth_service.adapters.postgres.logins import PostgresLogins
from auth_service.adapters.postgres.mails import PostgresMails
from auth_service.adapters.postgres.organizations import PostgresOrganizations
from auth_service.adapters.postgres.roles import PostgresRoles
from auth_service.adapters.postgres.signing_keys import PostgresSigningKeys
from auth_service.adapters.postgres.users import PostgresUsers
from auth_service.application.ports import OpenWork
from parking_chassis.database import transactions
from parking_chassis.sealing import Sealer
from parking_kernel.clocks import NewId


@dataclass(frozen=True, slots=True)
class PostgresWork:
    """See `auth_service.application.ports.Work`."""

    users: PostgresUsers
    logins: PostgresLogins
    organizations: PostgresOrganizations
    roles: PostgresRoles
    mails: PostgresMails
    signing_keys: PostgresSigningKeys
    events: OutboxEvents


def postgres_work(engine: AsyncEngine, sealer: Sealer, new_id: NewId) -> OpenWork:
    """How this service opens a unit of work."""

    def build(connection: AsyncConnection) -> PostgresWork:
        return PostgresWork(
            PostgresUsers(connection),
            PostgresLogins(connection),
            PostgresOrganizations(connection),
            PostgresRoles(connection),
            PostgresMails(connection, new_id),
            PostgresSigningKeys(connection, sealer),
            OutboxEvents(connection),
        )

    return transactions(engine, build)
