"""A lot whose supply goes away, and the bookings that are in the way of that."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx

from parking_events import LotState, SpotState, WireEvent
from parking_service.domain.bookings import Booking

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
NOON = (NOW + timedelta(days=2)).replace(hour=12, minute=0, second=0)
"""Of the day after tomorrow: 13:00 or 14:00 in Zurich."""


PRICES = {"hourly_rate": "200", "currency": "CHF"}
"""Without them an imported lot is a draft, and no driver finds it."""


EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MORNINGS = {day: [["06:00", "12:00"]] for day in EVERY_DAY}

Book = Callable[..., Awaitable[Booking]]


@dataclass(frozen=True)
class Supply:
    """An imported lot of two spots, `S0001` and `S0002`, and what its operator does to it."""

    operator: Any
    lot_id: str
    spots: dict[str, str]
    run_imports: Callable[[], Awaitable[int]]

    @property
    def path(self) -> str:
        return f"/parking-lots/{self.lot_id}"

    async def smaller_file(self, **parameters: Any) -> httpx.Response:
        return await self.file(file_of(1), **parameters)

    async def file(self, content: dict[str, Any], **parameters: Any) -> httpx.Response:
        answer = await self.operator("POST", "/parking-lots/import", json=content, params=parameters)
        await self.run_imports()
        return answer


type Way = Callable[[Supply, dict[str, Any]], Awaitable[httpx.Response]]


async def retire(supply: Supply, parameters: dict[str, Any]) -> httpx.Response:
    return await supply.operator("DELETE", supply.path, params=parameters)


async def remove(supply: Supply, parameters: dict[str, Any]) -> httpx.Response:
    return await supply.operator("DELETE", f"/spots/{supply.spots['S0002']}", params=parameters)


async def take_out_of_service(supply: Supply, parameters: dict[str, Any]) -> httpx.Response:
    path, body = f"/spots/{supply.spots['S0002']}", {"status": "out_of_service", "level": "-1"}
    return await supply.operator("PATCH", path, json=body, params=parameters)


async def shorten_hours(supply: Supply, parameters: dict[str, Any]) -> httpx.Response:
    return await supply.operator("PUT", f"{supply.path}/opening-hours", json=MORNINGS, params=parameters)


async def change_hours(supply: Supply, parameters: dict[str, Any]) -> httpx.Response:
    return await supply.operator("PATCH", supply.path, json={"opening_hours": MORNINGS}, params=parameters)


async def make_it_another_type(supply: Supply, parameters: dict[str, Any]) -> httpx.Response:
    body = {"spot_type": "compact"}
    return await supply.operator("PATCH", f"/spots/{supply.spots['S0002']}", json=body, params=parameters)


def file_of(capacity: int, **more: Any) -> dict[str, Any]:
    properties = {"name": "Shrinks", "capacity": capacity, "address": "Weg 1", "type": "garage", **more}
    point = {"type": "Point", "coordinates": [7.59, 47.55]}
    feature = {"type": "Feature", "id": "shrinks", "properties": properties, "geometry": point}
    return {"type": "FeatureCollection", "features": [feature]}


async def supply_of(operator: Any, run_imports: Callable[[], Awaitable[int]], http: httpx.AsyncClient) -> Supply:
    (lot,) = (await http.get("/parking-lots")).json()["items"]
    spots = (await http.get(f"/parking-lots/{lot['id']}/spots")).json()["items"]
    return Supply(operator, lot["id"], {each["spot_number"]: each["id"] for each in spots}, run_imports)


def shown(booking: Booking) -> dict[str, Any]:
    """A booking as the preview and the refusal show it."""
    return {
        "reservation_id": str(booking.reservation_id),
        "spot_id": str(booking.spot_id),
        "spot_number": booking.spot_number,
        "status": booking.status,
        "start_time": booking.starts_at.isoformat().replace("+00:00", "Z"),
        "end_time": booking.ends_at.isoformat().replace("+00:00", "Z"),
    }


def in_the_way(*bookings: Booking) -> dict[str, Any]:
    as_of = NOW.isoformat().replace("+00:00", "Z")
    return {"count": len(bookings), "first": [shown(booking) for booking in bookings], "as_of": as_of}


def with_supply_change(events: list[WireEvent]) -> list[Any]:
    return [event for event in events if isinstance(event, LotState | SpotState) and event.supply_change]


async def stored(database_url: str) -> list[Any]:
    """All that a write could have changed."""
    connection = await asyncpg.connect(database_url)
    tables = ("lots", "spots", "outbox", "supply_changes", "imports", "import_rows", "tariffs")
    found = [await connection.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]
    await connection.close()
    return found
