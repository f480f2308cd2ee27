"""Two changes of one supply at the same time: a booking is decided by one of them, the one that took its supply first.

The other four ways and an import are refused alike while it is at work, and what was asked twice is one change.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from services.parking.tests.supplies import (
    HOUR,
    NOON,
    NOW,
    Book,
    Supply,
    Way,
    change_hours,
    file_of,
    in_the_way,
    make_it_another_type,
    remove,
    retire,
    shorten_hours,
    stored,
    take_out_of_service,
    with_supply_change,
)

from parking_kernel.jobs import JobStatus
from parking_service.application.event_handlers.follow_supply_change import FollowSupplyChange, follow_supply_change
from parking_service.bootstrap import Parking
from parking_service.domain.supply import SupplyProgress

MOVE, REFUND = {"affected": "move"}, {"affected": "refund"}
PLAIN = {200, 204}

type Report = Callable[[str, SupplyProgress], Awaitable[None]]


@pytest_asyncio.fixture
async def report(parking: Parking) -> Report:
    """What the consumer does when reservation publishes how far a change is."""

    async def follow(change_id: str, progress: SupplyProgress) -> None:
        async with parking.engine.begin() as connection, parking.work_on(connection) as work:
            await follow_supply_change(FollowSupplyChange(UUID(change_id), progress), work)

    return follow


async def begun(supply: Supply, way: Way, parameters: dict[str, str] = MOVE) -> str:
    answer = await way(supply, parameters)
    assert answer.status_code == 202, answer.text
    return answer.json()["supply_change_id"]


def names(answer: httpx.Response, change_id: str, affected: str = "move") -> bool:
    """Whether it is refused for a change that is at work."""
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "/problems/supply-change-running"), answer.text
    assert change_id in problem["detail"]
    assert answer.headers["Retry-After"] == "5"
    return (problem["supply_change_id"], problem["affected"]) == (change_id, affected)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *((take_out_of_service, each) for each in (remove, retire, shorten_hours, change_hours)),
        *((make_it_another_type, each) for each in (remove, take_out_of_service, retire, shorten_hours)),
        *((shorten_hours, each) for each in (remove, take_out_of_service, make_it_another_type, retire)),
    ],
)
async def test_a_second_change_of_the_same_bookings_is_refused_while_the_first_is_at_work(
    supply: Supply, book: Book, report: Report, database_url: str, first: Way, second: Way
) -> None:
    booking = await book(supply)
    change_id = await begun(supply, first)
    before = await stored(database_url)
    for parameters in (REFUND, MOVE, {}):
        assert names(await second(supply, parameters), change_id)
    assert (await second(supply, {"preview": "true"})).json() == in_the_way(booking), "a preview shows it all the same"
    assert await stored(database_url) == before
    await report(change_id, SupplyProgress(0, version=1))
    assert names(await second(supply, REFUND), change_id), "it has begun, and has not counted them yet"
    await report(change_id, SupplyProgress(1, 0, 1, version=2))
    assert (await second(supply, {})).json()["type"] == "/problems/bookings-affected", "the copy is behind"
    assert await begun(supply, second, REFUND) != change_id


@pytest.mark.parametrize("first", [take_out_of_service, make_it_another_type, shorten_hours])
async def test_an_import_puts_such_a_row_among_the_refused(supply: Supply, book: Book, first: Way) -> None:
    await book(supply)
    change_id = await begun(supply, first)
    other_hours = file_of(2, opening_hours="Mo-Su 06:00-11:00")
    started = await supply.file(other_hours, **REFUND)
    (refused,) = (await supply.operator("GET", f"/imports/{started.json()['import_id']}")).json()["refused"]
    assert refused == {
        "row": 1,
        "id": "shrinks",
        "reason": f"the supply change {change_id} is still at work on bookings in the way (affected=move);"
        " do this again when it is done",
    }


async def test_the_second_goes_on_when_no_booking_is_left_to_the_first(supply: Supply, book: Book, events: Any) -> None:
    """Reservation moved the booking, and the change waits for what it does not know: it is in nobody's way."""
    booking = await book(supply)
    first = await begun(supply, take_out_of_service)
    moved = UUID(supply.spots["S0001"])
    await book(supply, reservation_id=booking.reservation_id, spot_id=moved, version=3)
    assert (await remove(supply, {})).status_code == 204
    second = await begun(supply, retire, REFUND)
    changes = [str(event.supply_change.id) for event in with_supply_change(await events())]
    assert (changes[0], changes[-1], len(set(changes))) == (first, second, 3)


async def test_other_bookings_are_not_held_up(supply: Supply, book: Book) -> None:
    await book(supply)
    await begun(supply, take_out_of_service)
    await book(supply, "S0001", starts_at=NOON + HOUR)
    path = f"/spots/{supply.spots['S0001']}"
    assert (await supply.operator("DELETE", path)).json()["type"] == "/problems/bookings-affected"
    assert (await supply.operator("DELETE", path, params=REFUND)).status_code == 202


async def test_a_stay_holds_up_no_other_change_since_both_wait_for_its_exit(supply: Supply, book: Book) -> None:
    await book(supply, starts_at=NOW - HOUR, ends_at=NOON, status="active")
    await begun(supply, take_out_of_service)
    assert (await retire(supply, {})).json()["type"] == "/problems/bookings-affected"
    assert (await retire(supply, REFUND)).status_code == 202


REPEATED = pytest.mark.parametrize(
    "way", [retire, take_out_of_service, make_it_another_type, shorten_hours, change_hours]
)


@REPEATED
async def test_the_same_again_while_it_runs_is_the_same_change(
    supply: Supply, book: Book, events: Any, way: Way
) -> None:
    """A client whose answer was lost gets the job again; and what was said of the bookings stands."""
    await book(supply)
    first = await way(supply, MOVE)
    published = await events()
    again = await way(supply, MOVE)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert names(await way(supply, REFUND), first.json()["supply_change_id"])
    assert (await way(supply, {})).status_code in PLAIN, "nothing is said, and nothing is taken away"
    assert await events() == published


@REPEATED
async def test_the_same_again_when_it_has_ended_takes_nothing_away(
    supply: Supply, book: Book, report: Report, events: Any, way: Way
) -> None:
    await book(supply)
    change_id = await begun(supply, way)
    await report(change_id, SupplyProgress(1, 1, version=2))
    assert (await way(supply, REFUND)).status_code in PLAIN, "no booking is left of which that could be said"
    await report(change_id, SupplyProgress(1, 1, status=JobStatus.DONE, ended_at=NOW, version=3))
    for parameters in (MOVE, REFUND, {}):
        answer = await way(supply, parameters)
        assert (answer.status_code in PLAIN, answer.headers.get("Location")) == (True, None), answer.text
    assert len(with_supply_change(await events())) == 1


async def test_a_spot_that_was_removed_is_unknown_also_while_its_change_runs(supply: Supply, book: Book) -> None:
    await book(supply)
    await begun(supply, remove)
    assert (await remove(supply, MOVE)).status_code == 404
