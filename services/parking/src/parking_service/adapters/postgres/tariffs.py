"""Tariffs in PostgreSQL."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping, insert, select

from parking_chassis.units_of_work import Transaction
from parking_kernel.tariffs import tariff_of
from parking_service.adapters.postgres.tables import tariffs
from parking_service.application.ports import Aggregate
from parking_service.domain.errors import UnknownOrganization
from parking_service.domain.tariffs import TariffState, TariffVersion


class PostgresTariffs:
    """See `parking_service.application.ports.Tariffs`."""

    def __init__(self, transaction: Transaction[Aggregate]) -> None:
        self._connection = transaction.connection
        self._changes = transaction.changes

    async def add(self, new_tariffs: Sequence[TariffVersion]) -> None:
        """Store new versions. The lot of a tariff may follow it, until the transaction ends."""
        if new_tariffs:
            await self._connection.execute(insert(tariffs), [_row(tariff.state) for tariff in new_tariffs])
        self._changes.saved(*new_tariffs)

    async def get(self, tariff_id: UUID) -> TariffState:
        """One version."""
        statement = select(tariffs).where(tariffs.c.id == tariff_id)
        return tariff_state((await self._connection.execute(statement)).mappings().one())

    async def default_of(self, organization_id: UUID) -> TariffState:
        """The newest default of an organization; each known one has one. Raises `UnknownOrganization`."""
        statement = (
            select(tariffs)
            .where(tariffs.c.organization_id == organization_id, tariffs.c.parking_lot_id.is_(None))
            .order_by(tariffs.c.number.desc())
            .limit(1)
        )
        row = (await self._connection.execute(statement)).mappings().first()
        if row is None:
            raise UnknownOrganization(organization_id)
        return tariff_state(row)


def tariff_state(row: RowMapping) -> TariffState:
    """The tariff of a row."""
    return TariffState(**{**row, "terms": tariff_of(row["terms"])})


def _row(state: TariffState) -> dict[str, object]:
    return {
        "id": state.id,
        "organization_id": state.organization_id,
        "parking_lot_id": state.parking_lot_id,
        "number": state.number,
        "terms": state.terms.plain(),
        "published_at": state.published_at,
    }
