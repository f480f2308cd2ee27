"""One transaction and the repositories on it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from analytics_service.adapters.postgres.lots import PostgresLots
from analytics_service.adapters.postgres.register import PostgresRegister
from analytics_service.application.ports import OpenWork
from parking_chassis.database import transactions


@dataclass(frozen=True, slots=True)
class PostgresWork:
    """See `analytics_service.application.ports.Work`."""

    lots: PostgresLots
    register: PostgresRegister


def work_on(connection: AsyncConnection) -> PostgresWork:
    """The repositories on a transaction that someone else opened."""
    return PostgresWork(PostgresLots(connection), PostgresRegister(connection))


def postgres_work(engine: AsyncEngine) -> OpenWork:
    """How this service opens a unit of work."""
    return transactions(engine, work_on)
