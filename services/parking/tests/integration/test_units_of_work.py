"""Nothing is committed of a unit of work in which something happened that was not saved."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.changes import UnsavedChanges
from parking_service.application.ports import Work
from parking_service.bootstrap import Parking
from parking_service.domain.spots import Spot, SpotPlan


@asynccontextmanager
async def of_a_use_case(parking: Parking) -> AsyncGenerator[Work]:
    async with parking.use_cases.change_lot.open_work(THE_SERVICE) as work:
        yield work


@asynccontextmanager
async def of_a_consumer(parking: Parking) -> AsyncGenerator[Work]:
    async with parking.engine.begin() as connection, parking.work_on(connection) as work:
        yield work


async def stored(parking: Parking) -> list[Any]:
    async with parking.engine.connect() as connection:
        return [
            (await connection.execute(text(statement))).all()
            for statement in (
                "SELECT id, name, version FROM lots",
                "SELECT id FROM spots",
                "SELECT type, aggregateid, version FROM outbox ORDER BY seq",
            )
        ]


@pytest.mark.parametrize("opened", [of_a_use_case, of_a_consumer])
@pytest.mark.parametrize("saves_the_lot", [False, True])
async def test_an_event_that_was_not_saved_takes_everything_with_it(
    operator: Any, parking: Parking, opened: Any, *, saves_the_lot: bool
) -> None:
    lot_id = UUID((await operator.lot())["id"])
    before = await stored(parking)

    async def add_a_spot() -> None:
        async with opened(parking) as work:
            lot = await work.lots.get(lot_id)
            lot.change(datetime.now(UTC), name="Renamed")
            await work.spots.add([Spot.create(new_id(), lot_id, lot.state.organization_id, SpotPlan("1"))])
            if saves_the_lot:
                await work.lots.save(lot)

    if saves_the_lot:
        await add_a_spot()
        _, _, events = await stored(parking)
        new = [event.type for event in events[len(before[2]) :]]
        assert new == ["parking.spot.created.v1", "parking.lot.updated.v1"], "in the order of saving"
        return
    with pytest.raises(UnsavedChanges, match="Lot has events that were not saved"):
        await add_a_spot()
    assert await stored(parking) == before
