"""What is available now: sensors, counters, gates and the bookings of this moment, as they come and as time passes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_platform.testing.waiting import wait_until
from parking_service.application.commands.recount_free_spots import RecountFreeSpots
from parking_service.application.event_handlers.keep_bookings import KeepBookings, keep_bookings
from parking_service.bootstrap import Parking
from parking_service.domain.bookings import Booking

NOW = datetime.now(UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
INSTANTS = {
    "bookings": ("starts_at", "ends_at"),
    "spot_occupancy": ("observed_at", "changed_at"),
    "lot_counts": ("observed_at", "changed_at"),
    "free_spots": ("observed_at", "changed_at", "fresh_since", "counted_at", "next_at"),
}


class Watched:
    """A lot with numbered spots, and what happens in it."""

    def __init__(self, parking: Parking, operator: Any, lot_id: str, spots: dict[str, str]) -> None:
        self.parking = parking
        self.operator = operator
        self.lot_id = lot_id
        self.spots = spots

    async def see(self, number: str, *, occupied: bool, ago: timedelta = MINUTE) -> None:
        reading = {"spot_id": self.spots[number], "occupied": occupied, "at": (datetime.now(UTC) - ago).isoformat()}
        answer = await self._report({"readings": [reading]})
        assert answer.json()["applied"] == 1, answer.text

    async def count(self, occupied: int, capacity: int, ago: timedelta = MINUTE) -> httpx.Response:
        at = (datetime.now(UTC) - ago).isoformat()
        return await self._report({"occupied": occupied, "capacity": capacity, "at": at})

    async def book(
        self,
        number: str,
        status: str = "confirmed",
        *,
        starts_in: timedelta = -HOUR,
        ends_in: timedelta = HOUR,
        known: Booking | None = None,
    ) -> Booking:
        now = datetime.now(UTC)
        booking = Booking(
            known.reservation_id if known else new_id(),
            UUID(self.lot_id),
            UUID(self.spots[number]),
            number,
            status,
            now + starts_in,
            now + ends_in,
            known.version + 1 if known else 1,
            now,
        )
        async with self.parking.engine.begin() as connection, self.parking.work_on(connection) as work:
            await keep_bookings(KeepBookings([booking]), work)
        return booking

    async def pass_time(self, passed: timedelta) -> None:
        """All that is known lies further back; the worker looks again."""
        async with self.parking.engine.begin() as connection:
            for table, columns in INSTANTS.items():
                changes = ", ".join(f"{column} = {column} - CAST(:passed AS interval)" for column in columns)
                await connection.execute(text(f"UPDATE {table} SET {changes}"), {"passed": passed})

    async def recount(self) -> int:
        return await self.parking.use_cases.recount_free_spots(RecountFreeSpots())

    async def read(self) -> dict[str, Any]:
        await self.recount()
        return (await self.operator.http.get(f"/parking-lots/{self.lot_id}")).json()

    async def available(self) -> int:
        return (await self.read())["available_spots"]

    async def _report(self, body: dict[str, Any]) -> httpx.Response:
        return await self.operator("POST", f"/parking-lots/{self.lot_id}/occupancy", json=body)


Make = Callable[[int], Awaitable[Watched]]


@pytest.fixture
def make(parking: Parking, operator: Any) -> Make:
    async def make(count: int) -> Watched:
        lot = await operator.lot()
        spots = await operator.spots(lot["id"], *(str(number) for number in range(1, count + 1)))
        return Watched(parking, operator, lot["id"], {each["spot_number"]: each["id"] for each in spots})

    return make


async def test_available_now_is_the_spots_in_service_less_what_sensors_gates_and_bookings_take(make: Make) -> None:
    lot = await make(8)
    assert await lot.available() == 8
    out = await lot.operator("PATCH", f"/spots/{lot.spots['8']}", json={"status": "out_of_service"})
    assert out.status_code == 200, out.text
    assert await lot.available() == 7
    await lot.see("1", occupied=True)
    await lot.book("2")
    await lot.book("3", "active", starts_in=-3 * HOUR, ends_in=-HOUR)  # the car is in beyond its end
    await lot.book("4", "pending")
    assert await lot.available() == 3
    await lot.see("4", occupied=True)  # who booked it stands there: one spot
    await lot.see("2", occupied=False)  # nobody has come yet
    await lot.see("5", occupied=True, ago=2 * 24 * HOUR)  # says nothing of today
    await lot.book("6", "cancelled")
    await lot.book("6", starts_in=HOUR, ends_in=2 * HOUR)
    await lot.book("7", "no_show", starts_in=-2 * HOUR, ends_in=-HOUR)
    await lot.book("8")  # out of service already
    assert await lot.available() == 3
    (found,) = (await lot.operator.http.get("/parking-lots", params={"sort": "availability"})).json()["items"]
    assert found["available_spots"] == 3


async def test_with_a_counter_it_is_the_capacity_less_the_larger_of_counter_and_gate_less_who_is_expected(
    make: Make,
) -> None:
    lot = await make(6)
    assert (await lot.count(2, 6)).json()["applied"] == 1
    assert await lot.available() == 4
    await lot.book("1")  # has not come: the counter cannot know
    assert await lot.available() == 3
    for number in ("2", "3", "4"):
        await lot.book(number, "active")
    assert await lot.available() == 6 - 3 - 1
    await lot.count(6, 6, ago=timedelta())
    assert await lot.available() == 0, "never below"


async def test_it_follows_a_booking_through_its_hours(make: Make) -> None:
    lot = await make(2)
    booking = await lot.book("1", starts_in=HOUR, ends_in=3 * HOUR)
    assert await lot.available() == 2
    assert await lot.recount() == 0, "nothing is due before it begins"
    await lot.pass_time(2 * HOUR)
    assert await lot.recount() == 1
    assert await lot.available() == 1
    stay = await lot.book("1", "active", known=booking)
    assert await lot.available() == 1
    await lot.book("1", "completed", known=stay)
    assert await lot.available() == 2
    await lot.book("2")
    assert await lot.available() == 1
    await lot.pass_time(2 * HOUR)
    assert await lot.available() == 2


async def test_what_was_seen_counts_for_a_day_and_its_confidence_falls_spot_by_spot(make: Make) -> None:
    lot = await make(2)
    await lot.see("1", occupied=True)
    await lot.see("2", occupied=True)
    read = await lot.read()
    assert (read["available_spots"], read["confidence"]) == (0, 1.0)
    await lot.pass_time(19 * MINUTE)  # 20 in all: after five the confidence halves in a quarter of an hour
    await lot.see("1", occupied=True)
    read = await lot.read()
    assert (read["available_spots"], read["confidence"]) == (0, 0.75)
    spots = (await lot.operator.http.get(f"/parking-lots/{lot.lot_id}/spots")).json()["items"]
    assert [(spot["occupied"], spot["confidence"]) for spot in spots] == [(True, 1.0), (True, 0.5)]
    await lot.pass_time(23 * HOUR)
    assert (await lot.read())["available_spots"] == 0
    await lot.pass_time(HOUR)
    read = await lot.read()
    assert (read["available_spots"], read["confidence"]) == (2, 0.0)
    assert datetime.fromisoformat(read["available_as_of"]) < NOW - 23 * HOUR


async def test_readings_of_2001_beside_one_fresh_sensor_give_no_confidence(make: Make) -> None:
    lot = await make(5)
    for number in ("1", "2", "3", "4"):
        await lot.see(number, occupied=True, ago=25 * 365 * 24 * HOUR)
    await lot.see("5", occupied=False)
    read = await lot.read()
    assert (read["available_spots"], read["confidence"]) == (5, 0.2)


async def test_a_counter_of_another_capacity_is_refused_by_name(make: Make) -> None:
    lot = await make(5)
    refused = await lot.count(5, 1000)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/impossible-readings")
    (error,) = refused.json()["errors"]
    assert error["pointer"] == "/capacity"
    assert error["detail"] == "1000 is not that of this lot, which has 5 spots: a tenth more or fewer at most"
    read = await lot.read()
    assert (read["available_spots"], read["confidence"]) == (5, 0.0)


async def test_a_counter_that_holds_one_more_is_scaled_and_one_that_fits_no_longer_does_not_count(make: Make) -> None:
    lot = await make(5)
    assert (await lot.count(3, 6)).json()["applied"] == 1
    read = await lot.read()
    assert (read["available_spots"], read["confidence"]) == (2, 1.0)
    await lot.operator.spots(lot.lot_id, *(str(number) for number in range(6, 21)))
    read = await lot.read()
    assert (read["available_spots"], read["confidence"]) == (20, 0.0)


async def test_a_booking_that_comes_while_a_lot_is_counted_is_not_missed(make: Make) -> None:
    """The count waits for who has marked the lot, and then reads what that wrote."""
    lot = await make(1)
    booking = Booking(
        *(new_id(), UUID(lot.lot_id), UUID(lot.spots["1"]), "1", "confirmed", NOW - HOUR, NOW + HOUR, 1, NOW)
    )
    open_work = lot.parking.use_cases.recount_free_spots.open_work

    async def count() -> None:
        async with open_work(THE_SERVICE) as work:
            await work.occupancy.recount([UUID(lot.lot_id)])

    async def waits() -> bool:
        async with lot.parking.engine.connect() as watching:
            return bool(await watching.scalar(text(WAITING)))

    async with lot.parking.engine.begin() as connection, lot.parking.work_on(connection) as work:
        await keep_bookings(KeepBookings([booking]), work)
        counting = asyncio.create_task(count())
        await wait_until(waits, "the count to wait")
    await counting
    async with lot.parking.engine.connect() as connection:
        free, next_at = (await connection.execute(text("SELECT free, next_at FROM free_spots"))).one()
    assert (free, next_at) == (0, booking.ends_at)


async def test_the_api_document_says_what_each_answer_is_true_of(http: httpx.AsyncClient) -> None:
    document = (await http.get("http://parking/openapi.json")).json()
    paths, schemas = document["paths"], document["components"]["schemas"]
    listed = paths["/api/v1/parking-lots"]["get"]["description"]
    planned = paths["/api/v1/parking-lots/{lot_id}/spots"]["get"]["description"]
    assert "is about this moment alone" in listed
    assert "nothing of bookings" in planned
    for words in (listed, planned, schemas["LotAnswer"]["description"]):
        assert "GET /parking-lots/{id}/availability" in words
    assert "somebody has booked for now" in schemas["LotAnswer"]["description"]
