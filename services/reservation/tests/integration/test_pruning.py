"""Which months the statements look into, planned without knowing their parameters (docs/decisions/0015)."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
from services.reservation.tests.conftest import MakeLot
from services.reservation.tests.driving import Database
from services.reservation.tests.months import NOW, months_later, put, reservations_on, table_of
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.ids import make_id_floor
from parking_kernel.pages import Position
from parking_platform.testing.servers import SchemaOwner
from reservation_service.adapters.postgres.bookings import FIND_ANY_SPOT, FIND_NAMED_SPOT
from reservation_service.adapters.postgres.reservations import PostgresReservations
from reservation_service.application.ports import SpotRequest
from reservation_service.bootstrap import Reservation
from reservation_service.domain.reservations import HOLD, ReservationState

ANY_TIME = UUID(int=0)


class Plans:
    """What the statements of the repository look at, planned without knowing their parameters."""

    def __init__(self, engine: AsyncEngine, url: str) -> None:
        self._engine = engine
        self._url = url

    async def months(self, action: Callable[[PostgresReservations], Awaitable[object]]) -> set[str]:
        """The partitions that the last statement of an action looks into."""
        statements = list[tuple[str, tuple[object, ...]]]()

        def note(_c: object, _cursor: object, statement: str, values: Any, *_more: object) -> None:
            statements.append((statement, values))

        event.listen(self._engine.sync_engine, "before_cursor_execute", note)
        async with self._engine.connect() as connection:
            await action(reservations_on(connection))
            await connection.rollback()
        event.remove(self._engine.sync_engine, "before_cursor_execute", note)
        statement, values = statements[-1]
        return await self.of(statement, *values)

    async def of(self, statement: str, *values: object) -> set[str]:
        """The partitions that a statement looks into."""
        async with self._prepared(statement) as connection:
            executed = f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE it({', '.join(map(literal, values))})"
            plan = json.loads(await connection.fetchval(executed))[0]["Plan"]
        scans = [node for node in nodes(plan) if "Scan" in node["Node Type"]]
        of_reservations = [node for node in scans if node.get("Relation Name", "").startswith("reservations")]
        return {node["Relation Name"] for node in of_reservations if node["Actual Loops"]}

    @asynccontextmanager
    async def _prepared(self, statement: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(self._url)
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE it AS {statement}")
        undone = connection.transaction()
        await undone.start()
        yield connection
        await undone.rollback()
        await connection.close()


def literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return f"'{{{', '.join(value)}}}'"
    return "'" + str(value).replace("'", "''") + "'"


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(each for below in plan.get("Plans", ()) for each in nodes(below))]


@pytest.fixture
def plans(service: Reservation, database_url: str) -> Plans:
    return Plans(service.engine, database_url)


class TestWhatIsNotLookedAt:
    """Under a plan that is made once for all parameters, and whether or not the planner knows the tables."""

    @pytest_asyncio.fixture(params=["nothing", "all"])
    async def states(
        self, request: pytest.FixtureRequest, database: Database, schema_owner: SchemaOwner
    ) -> list[ReservationState]:
        """A pending one of each month, from the second on; the planner knows nothing of them, or all."""
        states = [await put(database.engine, months_later(month) + timedelta(days=3)) for month in range(2, 7)]
        if request.param == "all":
            await schema_owner.run("ANALYZE")
        return states

    def of(self, *states: ReservationState) -> set[str]:
        return {table_of(each.created_at) for each in states}

    async def test_a_look_up_a_lock_and_a_change_go_to_one_month(
        self, states: list[ReservationState], plans: Plans
    ) -> None:
        one = states[2]
        assert await plans.months(lambda them: them.read(one.id)) == self.of(one)
        assert await plans.months(lambda them: them.get(one.id)) == self.of(one)

        async def change(them: PostgresReservations) -> None:
            reservation = await them.get(one.id)
            reservation.expire(one.created_at + HOLD)
            await them.save(reservation)

        assert await plans.months(change) == self.of(one)

    async def test_several_go_to_theirs_and_those_between(self, states: list[ReservationState], plans: Plans) -> None:
        some = states[1:3]
        assert await plans.months(lambda them: them.get_all({each.id for each in some})) == self.of(*some)

    async def test_timers_begin_with_the_oldest_that_has_a_spots_time(
        self, states: list[ReservationState], plans: Plans, database: Database
    ) -> None:
        await database.rows("DELETE FROM allocations WHERE reservation_id < :id", id=states[2].id)
        due, oldest = months_later(9), self.of(*states[2:])
        assert await plans.months(lambda them: them.due_holds(due, None, 50)) == oldest
        some = states[3:5]
        assert await plans.months(lambda them: them.overdue_of({each.id for each in some}, due)) == self.of(*some)
        assert await plans.months(lambda them: them.missed(due, None, 200)) == oldest
        wanted = SpotRequest(states[3].parking_lot_id, states[3].period)
        assert await plans.months(lambda them: them.overdue(due, 50, wanted)) <= oldest
        none_yet = NOW - timedelta(days=1)
        assert await plans.months(lambda them: them.hold_is_overdue(none_yet)) == oldest

    async def test_timers_look_at_nothing_where_no_spots_time_is_claimed(
        self, states: list[ReservationState], plans: Plans, database: Database
    ) -> None:
        await database.rows("DELETE FROM allocations")
        assert await plans.months(lambda them: them.due_holds(months_later(9), None, 50)) == set()

    async def test_a_page_leaves_the_months_after_its_position(
        self, states: list[ReservationState], plans: Plans
    ) -> None:
        after: Position = (states[1].created_at, states[1].id)
        for action in (
            lambda them: them.of_user(states[0].user_id, after, 100),
            lambda them: them.of_lot(states[0].parking_lot_id, after, 100),
        ):
            looked_at = await plans.months(action)
            assert self.of(*states[:2]) <= looked_at
            assert not looked_at & self.of(*states[2:])

    async def test_who_wants_a_spot_looks_no_further_back_than_what_is_in_the_way(
        self, states: list[ReservationState], plans: Plans, make_lot: MakeLot, database: Database
    ) -> None:
        lot = await make_lot(("standard",))
        ((spot_id,),) = await database.rows("SELECT id FROM spots WHERE parking_lot_id = :lot", lot=lot.id)
        when = (states[3].period.starts_at, states[3].period.ends_at)
        named = (lot.id, spot_id, *when, ANY_TIME, None)
        any_spot = (lot.id, *when, None, 4, ["standard"], ANY_TIME, None)
        assert await plans.of(FIND_NAMED_SPOT, *named) == await plans.of(FIND_ANY_SPOT, *any_spot) == set()
        await database.rows(
            "UPDATE allocations SET parking_lot_id = :lot, spot_id = :spot WHERE reservation_id = :id",
            lot=lot.id, spot=spot_id, id=states[3].id,
        )  # fmt: skip
        expected = self.of(*states[3:])
        assert await plans.of(FIND_NAMED_SPOT, *named) == await plans.of(FIND_ANY_SPOT, *any_spot) == expected
        # No further back than such a period may have been booked either, whatever is in the way.
        since = make_id_floor(months_later(6))
        assert await plans.of(FIND_NAMED_SPOT, *named[:-2], since, None) == self.of(states[4])
        assert await plans.of(FIND_ANY_SPOT, *any_spot[:-2], since, None) == self.of(states[4])

    async def test_the_negative_control(self, states: list[ReservationState], plans: Plans) -> None:
        """PostgreSQL 15 leaves no month out for a list of ids."""
        assert len(await plans.of("SELECT * FROM reservations WHERE id = ANY($1::uuid[])", [str(states[2].id)])) >= 6
