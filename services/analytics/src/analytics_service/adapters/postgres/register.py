"""Which index serves each projection, which is being built, and which are over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics_service.adapters.postgres.tables import indices
from analytics_service.application.ports import Projection, Targets
from analytics_service.domain.errors import RebuildAbandoned, RebuildRunning

# Writers hold it shared while they write; what changes the register holds it alone. So each later writer knows of the
# change, and none writes into an index that is over.
LOCK = 4_190_022
SHARED = text("SELECT pg_advisory_xact_lock_shared(:lock)")
ALONE = text("SELECT pg_advisory_xact_lock(:lock)")


class IndexState(StrEnum):
    """What an index is for."""

    SERVING = "serving"
    BUILDING = "building"
    OVER = "over"


class PostgresRegister:
    """See `analytics_service.application.ports.Register`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def targets(self) -> Mapping[Projection, Targets]:
        """Where to write, for every projection. Nothing of it changes until the transaction ends."""
        await self._connection.execute(SHARED, {"lock": LOCK})
        columns = select(indices.c.projection, indices.c.state, indices.c.name)
        rows = await self._connection.execute(columns.where(indices.c.state != IndexState.OVER.value))
        found = {(projection, state): name for projection, state, name in rows}
        return {
            each: Targets(found.get((each, IndexState.SERVING)), found.get((each, IndexState.BUILDING)))
            for each in Projection
        }

    async def begin_first(self, projection: Projection, index: str) -> bool:
        """This index serves from now on; false where another one does already."""
        return await self._added(projection, index, IndexState.SERVING)

    async def begin_build(self, projection: Projection, index: str) -> None:
        """From now on everyone writes into this index as well. Raises `RebuildRunning`."""
        if not await self._added(projection, index, IndexState.BUILDING):
            raise RebuildRunning(
                f"Another rebuild of {projection.value} is running, or did not end; with --abandon it is given up."
            )

    async def finish_build(self, projection: Projection, index: str) -> None:
        """The new index serves, and the old one is over. Raises `RebuildAbandoned`."""
        await self._connection.execute(ALONE, {"lock": LOCK})
        await self._turn(IndexState.OVER, projection, IndexState.SERVING)
        if not await self._turn(IndexState.SERVING, projection, IndexState.BUILDING, index):
            raise RebuildAbandoned(f"Somebody gave this rebuild of {projection.value} up while it ran.")

    async def give_up_build(self, projection: Projection, index: str) -> None:
        """The unfinished index is over, if it was being built at all."""
        await self._connection.execute(ALONE, {"lock": LOCK})
        await self._turn(IndexState.OVER, projection, IndexState.BUILDING, index)

    async def over_since(self, instant: datetime) -> Sequence[str]:
        """The indices that nobody has written since then, or longer."""
        is_over = (indices.c.state == IndexState.OVER.value) & (indices.c.changed_at <= instant)
        return (await self._connection.execute(select(indices.c.name).where(is_over))).scalars().all()

    async def remove(self, index: str) -> None:
        """An index that was over is no more."""
        is_it = (indices.c.name == index) & (indices.c.state == IndexState.OVER.value)
        await self._connection.execute(delete(indices).where(is_it))

    async def _added(self, projection: Projection, index: str, state: IndexState) -> bool:
        await self._connection.execute(ALONE, {"lock": LOCK})
        values = {"name": index, "projection": projection.value, "state": state.value}
        statement = insert(indices).values(values).on_conflict_do_nothing().returning(indices.c.name)
        return (await self._connection.execute(statement)).first() is not None

    async def _turn(
        self, into: IndexState, projection: Projection, state: IndexState, index: str | None = None
    ) -> bool:
        statement = update(indices).where(indices.c.projection == projection.value, indices.c.state == state.value)
        if index is not None:
            statement = statement.where(indices.c.name == index)
        changed = statement.values(state=into.value, changed_at=func.now()).returning(indices.c.name)
        return (await self._connection.execute(changed)).first() is not None
