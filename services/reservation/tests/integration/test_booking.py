"""Quote, hold, clash, repeat: over HTTP on a real database."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest_asyncio
from sqlalchemy import text

from reservation_service.adapters.postgres.unit_of_work import work_on
from reservation_service.application.ports import LotCopy, SpotCopy
from reservation_service.bootstrap import Reservation
from reservation_service.domain.tariffs import LineType, RateLine, Tariff, Tax

SignedIn = Callable[..., dict[str, str]]
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)


@pytest_asyncio.fixture
async def lot(service: Reservation) -> LotCopy:
    """A lot of three spots at 2.00 an hour."""
    tariff = Tariff(uuid4(), "CHF", Tax(770, included=True), 0, 0, [RateLine(LineType.INCREMENTING, 0, None, 60, 200)])
    lot = LotCopy(uuid4(), uuid4(), "Sihlquai", "Europe/Zurich", 47.38, 8.53, True, None, tariff.id, 1)
    async with service.engine.begin() as connection:
        copies = work_on(connection).copies
        await copies.keep_tariff(tariff)
        await copies.keep_lot(lot)
        for number in ("1", "2", "3"):
            await copies.keep_spot(SpotCopy(uuid4(), lot.id, number, "standard", True, 1))
    return lot


def wish(lot: LotCopy, hours: int = 3, **more: object) -> dict[str, object]:
    return {
        "parking_lot_id": str(lot.id),
        "start_time": START.isoformat(),
        "end_time": (START + timedelta(hours=hours)).isoformat(),
        **more,
    }


async def reserve(
    client: httpx.AsyncClient, headers: dict[str, str], body: dict[str, object], key: str | None = None
) -> httpx.Response:
    return await client.post(
        "/api/v1/reservations", json=body, headers={**headers, "Idempotency-Key": key or str(uuid4())}
    )


async def test_the_quote_is_the_charge(client: httpx.AsyncClient, lot: LotCopy, signed_in: SignedIn) -> None:
    quote = await client.post("/api/v1/quotes", json=wish(lot))
    assert quote.status_code == 200, quote.text
    booked = await reserve(client, signed_in(), wish(lot))
    assert booked.status_code == 201, booked.text
    assert booked.json()["total_cost"] == quote.json()["total_cost"] == {"amount": 600, "currency": "CHF"}
    assert booked.json()["line_items"] == quote.json()["line_items"]
    assert quote.json()["line_items"] == [
        {"label": "3 × 60 min", "kind": "time", "amount": 557},
        {"label": "VAT 7.7 %", "kind": "tax", "amount": 43},
    ]
    assert booked.json()["status"] == "pending"
    assert booked.json()["charge"]["token"]


async def test_each_spot_is_given_once(client: httpx.AsyncClient, lot: LotCopy, signed_in: SignedIn) -> None:
    answers = await asyncio.gather(*(reserve(client, signed_in(), wish(lot)) for _ in range(20)))
    booked = [answer.json()["spot_id"] for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code == 409]
    assert len(booked) == len(set(booked)) == 3
    assert len(refused) == 17
    assert all(answer.json()["type"] == "/problems/spot-unavailable" for answer in refused)
    assert refused[0].json()["alternatives"]


async def test_without_the_constraint_the_same_test_fails(
    client: httpx.AsyncClient, lot: LotCopy, signed_in: SignedIn, service: Reservation
) -> None:
    """The negative control: it is the constraint that keeps the promise, and nothing else."""
    async with service.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE allocations DROP CONSTRAINT no_double_booking"))
        spot_id = (await connection.execute(text("SELECT id FROM spots LIMIT 1"))).scalar_one()
    body = wish(lot, spot_id=str(spot_id))
    answers = await asyncio.gather(*(reserve(client, signed_in(), body) for _ in range(5)))
    assert sum(answer.status_code == 201 for answer in answers) > 1


async def test_one_key_is_one_booking(client: httpx.AsyncClient, lot: LotCopy, signed_in: SignedIn) -> None:
    headers = signed_in()
    answers = await asyncio.gather(*(reserve(client, headers, wish(lot), "one") for _ in range(50)))
    again = await reserve(client, headers, wish(lot), "one")
    assert {answer.status_code for answer in answers} <= {201, 409}
    bodies = {answer.text for answer in answers if answer.status_code == 201}
    assert bodies == {again.text}
    assert again.headers["idempotent-replayed"] == "true"
    mine = await client.get("/api/v1/reservations", headers=headers)
    assert len(mine.json()["items"]) == 1
    other = await reserve(client, headers, wish(lot, hours=4), "one")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_a_driver_sees_no_others(client: httpx.AsyncClient, lot: LotCopy, signed_in: SignedIn) -> None:
    booked = await reserve(client, signed_in(), wish(lot))
    path = f"/api/v1/reservations/{booked.json()['id']}"
    assert (await client.get(path, headers=signed_in())).status_code == 404
    operator = signed_in(scope="read:reservation", organizations=(lot.organization_id,))
    assert (await client.get(path, headers=operator)).status_code == 200
    foreign: tuple[UUID, ...] = (uuid4(),)
    assert (
        await client.get(path, headers=signed_in(scope="read:reservation", organizations=foreign))
    ).status_code == 404
