"""Which index serves each projection, and which is being built."""

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics_service.adapters.postgres.tables import indices
from analytics_service.application.ports import Projection, WriteTargets
from analytics_service.domain.errors import RebuildRunning

# Writers hold it shared while they write, a rebuild takes it alone for a moment: whoever writes afterwards knows of
# the new index.
LOCK = 4_190_022
SHARED = text("SELECT pg_advisory_xact_lock_shared(:lock)")
ALONE = text("SELECT pg_advisory_xact_lock(:lock)")


class IndexState(StrEnum):
    """What an index is for."""

    SERVING = "serving"
    BUILDING = "building"


class PostgresRegister:
    """See `analytics_service.application.ports.Register`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def targets(self) -> WriteTargets:
        """Where to write. Holds off a beginning rebuild until the transaction ends."""
        await self._connection.execute(SHARED, {"lock": LOCK})
        found: dict[Projection, list[str]] = defaultdict(list)
        for name, projection in await self._connection.execute(select(indices.c.name, indices.c.projection)):
            found[Projection(projection)].append(name)
        return WriteTargets(dict(found))

    async def new_name(self, projection: Projection) -> str:
        """A name that no index of the projection ever had."""
        number = (await self._connection.execute(text("SELECT nextval('index_number')"))).scalar_one()
        return f"{projection.value}-{number:06d}"

    async def begin_build(self, projection: Projection, index: str) -> None:
        """From now on everyone writes into this index as well. Raises `RebuildRunning`."""
        await self._connection.execute(ALONE, {"lock": LOCK})
        values = {"name": index, "projection": projection.value, "state": IndexState.BUILDING.value}
        try:
            await self._connection.execute(insert(indices).values(values))
        except IntegrityError as error:
            raise RebuildRunning(
                f"Another rebuild of {projection.value} is running, or did not end; with --abandon it is given up."
            ) from error

    async def finish_build(self, projection: Projection, index: str) -> Sequence[str]:
        """The new index serves; the names of those that are no longer written."""
        old = await self._remove(projection, IndexState.SERVING)
        serving = update(indices).where(indices.c.name == index).values(state=IndexState.SERVING.value)
        await self._connection.execute(serving)
        return old

    async def give_up_build(self, projection: Projection) -> Sequence[str]:
        """Forget an unfinished build; the names of what it leaves."""
        return await self._remove(projection, IndexState.BUILDING)

    async def _remove(self, projection: Projection, state: IndexState) -> Sequence[str]:
        await self._connection.execute(ALONE, {"lock": LOCK})
        statement = (
            delete(indices)
            .where(indices.c.projection == projection.value, indices.c.state == state.value)
            .returning(indices.c.name)
        )
        return (await self._connection.execute(statement)).scalars().all()
