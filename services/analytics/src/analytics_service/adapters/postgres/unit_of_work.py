"""One transaction and the repositories on it."""

from collections.abc import Sequence
from typing import Never, assert_never

from sqlalchemy.ext.asyncio import AsyncConnection

from analytics_service.adapters.postgres.lots import PostgresLots
from analytics_service.adapters.postgres.register import PostgresRegister
from analytics_service.application.ports import Work
from parking_chassis.units_of_work import Transaction, UnitsOfWork


def units_of_work() -> UnitsOfWork[Work, Never]:
    """How this service makes them. It has no aggregate, so none can have events."""
    return UnitsOfWork(_work, _publish)


def _work(transaction: Transaction[Never]) -> Work:
    return Work(PostgresLots(transaction.connection), PostgresRegister(transaction.connection))


async def _publish(_connection: AsyncConnection, changed: Sequence[Never]) -> None:
    """Analytics publishes nothing: its outbox holds dead letters alone."""
    for each in changed:
        assert_never(each)
