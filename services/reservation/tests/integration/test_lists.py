"""Whose reservations are listed, which of them, and in which order."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from services.reservation.tests.conftest import MakeLot, SignIn
from services.reservation.tests.driving import TOMORROW, Driver, Json

HOUR = timedelta(hours=1)


@pytest.fixture
def operator_of(client: httpx.AsyncClient, signed_in: SignIn) -> Any:
    """Makes an operator of a lot."""
    return lambda lot: Driver(client, signed_in(scope="read:reservation", organizations=(lot.organization_id,)))


async def ids(who: Driver, query: str) -> list[str]:
    answer = await who.get(query)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["items"]]


async def test_each_item_names_its_lot_and_spot(driver: Driver, make_lot: MakeLot) -> None:
    for name in ("Am See", "Bahnhof"):
        await driver.holds(await make_lot(["standard"], name=name))
    items = (await driver.get("")).json()["items"]
    assert [(each["lot_name"], each["spot_number"]) for each in items] == [("Bahnhof", "1"), ("Am See", "1")]
    assert (await driver.sees(items[0]))["lot_name"] == "Bahnhof"
    assert (await driver.cancel(items[0])).json()["lot_name"] == "Bahnhof"


async def test_they_are_filtered_by_status(driver: Driver, make_lot: MakeLot) -> None:
    lot = await make_lot()
    held, cancelled = [await driver.holds(lot) for _ in range(2)]
    await driver.cancel(cancelled)
    assert await ids(driver, "?status=cancelled") == [cancelled["id"]]
    assert await ids(driver, "?status=cancelled&status=pending") == [cancelled["id"], held["id"]]
    assert await ids(driver, "?status=active") == []
    assert (await driver.get("?status=gone")).status_code == 422


async def test_they_are_filtered_by_the_period_that_they_meet(driver: Driver, make_lot: MakeLot) -> None:
    lot = await make_lot()
    early, late = await driver.holds(lot, hours=3), await driver.holds(lot, start=TOMORROW + 3 * HOUR, hours=1)

    def between(start: float, end: float) -> str:
        instants = {"from": TOMORROW + start * HOUR, "to": TOMORROW + end * HOUR}
        return "?" + str(httpx.QueryParams({name: at.isoformat() for name, at in instants.items()}))

    assert await ids(driver, between(2, 3)) == [early["id"]], "the end of a time is not in it"
    assert await ids(driver, between(3, 4)) == [late["id"]], "nor is the start of what has ended"
    assert await ids(driver, between(1, 3.5)) == [late["id"], early["id"]]
    assert await ids(driver, between(5, 6)) == []
    backwards = await driver.get(between(2, 1))
    assert (backwards.status_code, backwards.json()["errors"][0]["pointer"]) == (422, "query/to")


async def test_a_lots_are_filtered_by_spot_and_plate(driver: Driver, make_lot: MakeLot, operator_of: Any) -> None:
    lot, other = await make_lot(), await make_lot()
    operator = operator_of(lot)
    one = await driver.holds(lot, vehicle_plate="zh 123-456")
    two = await driver.holds(lot, vehicle_plate="ZH 99")
    await driver.holds(other, vehicle_plate="ZH 123 456")
    assert await ids(operator, f"?parking_lot_id={lot.id}&spot_id={two['spot_id']}") == [two["id"]]
    for typed in ("ZH 123456", "zh123456", "ZH-123 456"):
        assert await ids(operator, f"?parking_lot_id={lot.id}&plate={typed}") == [one["id"]]
    assert await ids(operator, f"?parking_lot_id={lot.id}&plate=ZH") == []
    assert (await operator.get(f"?parking_lot_id={lot.id}&plate=%3C")).status_code == 422


@pytest.mark.parametrize("whose", ["driver", "operator"])
@pytest.mark.parametrize(("sort", "order"), [("start_time", [1, 2, 3, 3]), ("-start_time", [3, 3, 2, 1])])
async def test_they_are_sorted_by_start_page_by_page(
    driver: Driver, make_lot: MakeLot, operator_of: Any, whose: str, sort: str, order: list[int]
) -> None:
    lot = await make_lot()
    for hour in (2, 3, 1, 3):
        await driver.holds(lot, start=TOMORROW + hour * HOUR, hours=1)
    who = driver if whose == "driver" else operator_of(lot)
    query = f"?sort={sort}&limit=1" + ("" if who is driver else f"&parking_lot_id={lot.id}")
    page = (await who.get(query)).json()
    seen: list[Json] = page["items"]
    while page["next"]:
        page = (await who.client.get(page["next"], headers=who.headers)).json()
        seen += page["items"]
    assert [each["start_time"] for each in seen] == [
        (TOMORROW + hour * HOUR).isoformat().replace("+00:00", "Z") for hour in order
    ]
    assert len({each["id"] for each in seen}) == 4
