"""Figures of the whole service, and the sum by which one of them is cheap."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from payment_service.adapters.postgres.tables import captured_amounts, known_figures

# What another worker is adding up is passed over, so nothing is counted twice; the sums are the same before and after.
SUM_UP = text(
    """
    WITH chosen AS (
        SELECT id FROM captured_amounts ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM captured_amounts WHERE id IN (SELECT id FROM chosen) RETURNING currency, amount
    ), sums AS (
        INSERT INTO captured_amounts (currency, amount) SELECT currency, sum(amount) FROM gone GROUP BY currency
    )
    SELECT count(*) FROM gone
    """
)
CAPTURED = select(captured_amounts.c.currency, func.sum(captured_amounts.c.amount)).group_by(
    captured_amounts.c.currency
)
# By literals, for which the partial index of what has not arrived can be used.
STUCK = text(
    """
    SELECT count(*) FROM refunds
    WHERE status <> 'succeeded' AND (attempt > 1 OR status = 'failed')
        AND (due_at IS NOT NULL OR provider_id IS NOT NULL)
    """
)
PARKED = text(
    """
    SELECT count(*) FROM payments, jsonb_array_elements(parked) AS report
    WHERE parked <> '[]' AND report ->> 'closed_at' IS NULL
    """
)
PROVIDER_DIFFERENCES = "provider_differences"
"""The name of what the last daily comparison with the provider found."""


class PostgresCapturedAmounts:
    """See `payment_service.application.ports.CapturedAmounts`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def sum_up(self, limit: int) -> int:
        """Add up at most `limit` amounts, earlier sums among them; how many."""
        return (await self._connection.execute(SUM_UP, {"limit": limit})).scalar_one()


class PostgresComparisons:
    """See `payment_service.application.ports.Comparisons`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def note(self, differences: int) -> None:
        """Store what the last daily comparison found."""
        values = {"value": differences, "known_at": func.now()}
        statement = insert(known_figures).values(name=PROVIDER_DIFFERENCES, **values)
        await self._connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


@dataclass(frozen=True, slots=True)
class PostgresFigures:
    """Reads what changed, what is open, and what was found last."""

    engine: AsyncEngine

    async def captured(self) -> Mapping[str, int]:
        """All money ever captured, in minor units, by currency."""
        async with self.engine.connect() as connection:
            return {currency: int(amount) for currency, amount in await connection.execute(CAPTURED)}

    async def stuck_refunds(self) -> int:
        """How many refunds failed at least once and have not arrived."""
        async with self.engine.connect() as connection:
            return (await connection.execute(STUCK)).scalar_one()

    async def parked_reports(self) -> int:
        """How often the provider said of another amount than the charge's, and nobody has settled it."""
        async with self.engine.connect() as connection:
            return (await connection.execute(PARKED)).scalar_one()

    async def provider_differences(self) -> int | None:
        """How many the last daily comparison found; none before the first one."""
        statement = select(known_figures.c.value).where(known_figures.c.name == PROVIDER_DIFFERENCES)
        async with self.engine.connect() as connection:
            return (await connection.execute(statement)).scalar_one_or_none()
