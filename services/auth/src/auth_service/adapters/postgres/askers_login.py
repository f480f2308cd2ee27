"""The login by which somebody asks for a change, in PostgreSQL."""

from sqlalchemy import select

from auth_service.adapters.postgres.tables import logins
from auth_service.application.ports import Aggregate
from auth_service.domain.errors import AskerSignedOut
from parking_chassis.units_of_work import Transaction


class PostgresAskersLogin:
    """See `auth_service.application.ports.AskersLogin`."""

    def __init__(self, transaction: Transaction[Aggregate]) -> None:
        self._connection = transaction.connection
        self._login_id = transaction.asker.login_id

    async def still_stands(self) -> None:
        """Raises `AskerSignedOut` where it has ended; it does not end before the transaction does."""
        if self._login_id is None:
            return
        # Each statement sees what was committed before it: an end that this transaction had to wait for, too.
        still_open = select(logins.c.id).where(logins.c.id == self._login_id, logins.c.ended_at.is_(None))
        if (await self._connection.execute(still_open.with_for_update(read=True))).first() is None:
            raise AskerSignedOut
