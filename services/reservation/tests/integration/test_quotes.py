"""Quotes bind: what was quoted is what the booking costs, until the quote expires."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from services.reservation.tests.conftest import MakeLot, also_serving, new_signing_key, settings_for
from services.reservation.tests.driving import TOMORROW, Database, Driver, Json, spot_request
from services.reservation.tests.examples import hourly

from parking_chassis.clock import SYSTEM_CLOCK
from parking_kernel.tariffs import tax_of
from reservation_service.application.ports import LotCopy
from reservation_service.bootstrap import Reservation

CHF = {"currency": "CHF"}


async def quoted(driver: Driver, lot: LotCopy, **more: Any) -> Json:
    answer = await driver.client.post("/api/v1/quotes", json=spot_request(lot, **more))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def reprices(service: Reservation, lot: LotCopy, hour: int) -> None:
    tariff = hourly(hour)
    async with service.engine.begin() as connection, service.work_on(connection) as work:
        await work.copies.keep_tariff(tariff)
        await work.copies.keep_lot(replace(lot, tariff_id=tariff.id, version=lot.version + 1))


async def test_the_quote_says_a_tax_rate_of_three_decimals_exactly_and_takes_it(
    driver: Driver, make_lot: MakeLot
) -> None:
    """1000.00 an hour: 18.375 % are 183.75, the nearest basis points (18.38 %) would be 183.80."""
    version = hourly(100_000)
    tariff = replace(version.tariff, tax=tax_of(183_750, included=False))
    quote = await quoted(driver, await make_lot(tariff=replace(version, tariff=tariff)), hours=1)
    tax = {each["label"]: each["amount"] for each in quote["line_items"] if each["kind"] == "tax"}
    assert (tax, quote["total_cost"]["amount"]) == ({"VAT 18.375 %": 18_375}, 118_375)


@pytest.mark.parametrize("hour", [900, 100])
@pytest.mark.parametrize("names_spot", [False, True])
async def test_until_it_expires_its_version_prices_the_booking_dearer_or_cheaper_now(
    driver: Driver, lot: LotCopy, service: Reservation, database: Database, hour: int, names_spot: bool
) -> None:
    quote = await quoted(driver, lot)
    await reprices(service, lot, hour)
    ((spot_id,),) = await database.rows("SELECT id FROM spots LIMIT 1")
    named = {"spot_id": spot_id} if names_spot else {}
    by_quote = await driver.holds(lot, quote_id=quote["quote_id"], **named)
    assert (by_quote["total_cost"], by_quote["line_items"]) == (quote["total_cost"], quote["line_items"])
    assert by_quote["charge"]["amount"] == quote["total_cost"]
    ((tariff_id,),) = await database.rows("SELECT tariff_id FROM reservations")
    assert str(tariff_id) == quote["tariff_version"], "which prices its overstay too"
    without = await driver.holds(lot)
    assert without["total_cost"]["amount"] == 3 * hour, "the negative control: without the quote it costs what is asked"


async def test_afterwards_it_is_409_quote_expired_and_its_key_stays_free(
    driver: Driver, lot: LotCopy, service: Reservation
) -> None:
    quote = await quoted(driver, lot)
    expired = service.tokens.quote_id(
        replace(service.tokens.quote_of(quote["quote_id"]), expires_at=SYSTEM_CLOCK.now() - timedelta(seconds=1))
    )
    late = await driver.reserve(spot_request(lot, quote_id=expired), "one")
    assert (late.status_code, late.json()["type"]) == (409, "/problems/quote-expired")
    assert (await driver.reserve(spot_request(lot), "two")).status_code == 201
    assert (await driver.reserve(spot_request(lot, quote_id=expired), "one")).status_code == 409, "not stored"


async def test_a_repeat_gets_its_first_answer_however_late(
    driver: Driver, lot: LotCopy, service: Reservation, database: Database
) -> None:
    body = spot_request(lot, quote_id=(await quoted(driver, lot))["quote_id"])
    first = await driver.reserve(body, "one")
    await reprices(service, lot, 900)
    again = await driver.reserve(body, "one")
    assert (again.status_code, again.content) == (201, first.content)
    assert await database.rows("SELECT count(*) FROM reservations") == [(1,)]


async def test_max_total_alone_is_409_price_changed(driver: Driver, lot: LotCopy, service: Reservation) -> None:
    assert (await driver.holds(lot, max_total={"amount": 600, **CHF}))["total_cost"]["amount"] == 600
    await reprices(service, lot, 201)
    dearer = await driver.reserve(spot_request(lot, max_total={"amount": 600, **CHF}))
    assert (dearer.status_code, dearer.json()["type"]) == (409, "/problems/price-changed")
    assert dearer.json()["total_cost"] == {"amount": 603, **CHF}
    assert (await driver.holds(lot, max_total={"amount": 603, **CHF}))["total_cost"]["amount"] == 603


async def test_both_are_422(driver: Driver, lot: LotCopy) -> None:
    quote = await quoted(driver, lot)
    both = await driver.reserve(spot_request(lot, quote_id=quote["quote_id"], max_total=quote["total_cost"]))
    assert (both.status_code, both.json()["errors"][0]["pointer"]) == (422, "/max_total")


async def test_a_total_in_another_currency_is_422(driver: Driver, lot: LotCopy) -> None:
    answer = await driver.reserve(spot_request(lot, max_total={"amount": 10**6, "currency": "EUR"}))
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"pointer": "/max_total/currency", "detail": "must be CHF, in which the lot is paid"}
    ]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"start": TOMORROW - timedelta(hours=1), "hours": 4}, "/start_time"),
        ({"hours": 4}, "/end_time"),
        ({"spot_type": "compact"}, "/spot_type"),
    ],
)
async def test_a_quote_for_another_period_or_spot_type_is_422_and_names_the_field(
    driver: Driver, make_lot: MakeLot, changes: Json, pointer: str
) -> None:
    lot = await make_lot(["standard", "compact"])
    quote = await quoted(driver, lot)
    answer = await driver.reserve(spot_request(lot, quote_id=quote["quote_id"], **changes))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_a_quote_for_a_type_is_for_no_other_spot(driver: Driver, make_lot: MakeLot, database: Database) -> None:
    lot = await make_lot(["standard", "compact"])
    quote = await quoted(driver, lot, spot_type="compact")
    of_type = dict(await database.rows("SELECT type, id FROM spots"))
    for unfit in ({}, {"spot_id": of_type["standard"]}):
        answer = await driver.reserve(spot_request(lot, quote_id=quote["quote_id"], **unfit))
        assert answer.json()["errors"] == [{"pointer": "/spot_type", "detail": "must be compact, as in the quote"}]
    assert (await driver.holds(lot, quote_id=quote["quote_id"], spot_id=of_type["compact"]))["spot_type"] == "compact"


async def test_a_quote_for_another_lot_is_422(driver: Driver, lot: LotCopy, make_lot: MakeLot) -> None:
    quote = await quoted(driver, await make_lot())
    answer = await driver.reserve(spot_request(lot, quote_id=quote["quote_id"]))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/parking_lot_id")


async def test_what_is_no_quote_of_ours_is_422(driver: Driver, lot: LotCopy) -> None:
    quote = (await quoted(driver, lot))["quote_id"]
    booked = await driver.holds(lot)
    head, claims, signature = quote.split(".")
    for forged in ("x", f"{head}.{claims[:-4]}AAAA.{signature}", booked["charge"]["token"]):
        answer = await driver.reserve(spot_request(lot, quote_id=forged))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/quote_id")


async def test_keys_rotate_old_and_new_side_by_side(
    driver: Driver, lot: LotCopy, database_url: str, signing_key: str
) -> None:
    by_old = (await quoted(driver, lot))["quote_id"]
    new = new_signing_key()
    async with also_serving(settings_for(database_url, f"{new},{signing_key}")) as client:
        booked = await Driver(client, driver.headers).reserve(spot_request(lot, quote_id=by_old))
        assert booked.status_code == 201
    async with also_serving(settings_for(database_url, new)) as client:
        refused = await Driver(client, driver.headers).reserve(spot_request(lot, quote_id=by_old))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/quote_id")
