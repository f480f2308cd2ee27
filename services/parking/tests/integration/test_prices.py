"""Prices are checked when they are published: what cannot be charged, or is not meant, never comes into being."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from services.parking.tests.conftest import lot_body

from parking_events import TariffState

TIER_THEN_HOURS = [
    {"sequence": 1, "type": "flat_tier", "from_minutes": 0, "to_minutes": 60, "amount": 1000},
    {"sequence": 2, "type": "incrementing", "from_minutes": 60, "increment_minutes": 60, "amount": 300},
]


def quarters(amount: int) -> dict[str, Any]:
    line = {"sequence": 1, "type": "incrementing", "from_minutes": 0, "increment_minutes": 15, "amount": amount}
    return {"currency": "EUR", "lines": [line]}


def errors(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {each["pointer"]: each["detail"] for each in answer.json()["errors"]}


async def test_each_case_comes_into_being_or_not(operator: Any, shared_cases: Path) -> None:
    cases = json.loads((shared_cases / "money.json").read_text())["cases"]
    assert sum(case["stripe"] is None for case in cases) == 2
    for case in cases:
        asked = {"hourly_rate": case["hourly"], "currency": case["currency"]}
        answer = await operator("POST", "/parking-lots", json=lot_body(**asked))
        if case["stripe"]:
            assert answer.status_code == 201, case["is"]
        else:
            assert list(errors(answer)) == ["/hourly_rate"], case["is"]
            raised = await operator.lot(**asked, minimum="raise")
            assert raised["hourly_rate"]["amount"] == case["hourly"], "the booking raises it"


async def test_each_tax_rate_that_exists_is_taken_to_the_fourth_decimal(
    operator: Any, http: httpx.AsyncClient, events: Any, shared_cases: Path
) -> None:
    rates = json.loads((shared_cases / "tax.json").read_text())["rates that exist"]
    for rate in rates:
        lot = await operator.lot(tax={"rate_percent": rate, "included": False})
        assert (await http.get(f"/parking-lots/{lot['id']}/tariff")).json()["tax"] == {
            "rate_percent": rate,
            "included": False,
        }
        body = {**quarters(100), "tax": {"rate_percent": rate}}
        assert (await operator("PUT", f"/parking-lots/{lot['id']}/tariff", json=body)).json()["tax"] == {
            "rate_percent": rate,
            "included": True,
        }
    published = [event.tax for event in await events() if isinstance(event, TariffState) and event.number == 2]
    assert [tax.rate_ppm for tax in published] == [round(rate * 10_000) for rate in rates]
    assert [tax.rate_basis_points for tax in published] == [1838, 1038, 888, 998]


async def test_a_rate_of_five_decimals_is_refused(operator: Any) -> None:
    answer = await operator("POST", "/parking-lots", json=lot_body(tax={"rate_percent": 18.37501}))
    assert list(errors(answer)) == ["/tax/rate_percent"]


async def test_a_lot_made_with_hourly_rate_alone_names_its_tax_and_its_rule(
    operator: Any, http: httpx.AsyncClient
) -> None:
    lot = await operator.lot(hourly_rate=20, currency="EUR", minimum="raise", tax={"rate_percent": 19})
    tariff = (await http.get(f"/parking-lots/{lot['id']}/tariff")).json()
    assert (tariff["minimum"], tariff["tax"]) == ("raise", {"rate_percent": 19.0, "included": True})
    for name, value in {"tax": {"rate_percent": 19}, "minimum": "raise", "confirm": ["cap_of_zero"]}.items():
        without = await operator("POST", "/parking-lots", json=lot_body(hourly_rate=None, **{name: value}))
        assert errors(without) == {f"/{name}": "needs an hourly_rate"}


async def test_a_tariff_below_the_least_charge_is_refused_or_names_its_rule(
    operator: Any, http: httpx.AsyncClient
) -> None:
    path = f"/parking-lots/{(await operator.lot())['id']}/tariff"
    refused = await operator("PUT", path, json=quarters(20))
    assert "0.20 EUR, less than 0.50 EUR" in errors(refused)["/lines/0/amount"]
    taken = await operator("PUT", path, json={**quarters(20), "minimum": "raise"})
    assert (taken.status_code, taken.json()["minimum"], taken.json()["number"]) == (200, "raise", 2)
    assert (await http.get(path)).json() == taken.json()
    assert list(errors(await operator("PUT", path, json={**quarters(100), "minimum": "lower"}))) == ["/minimum"]


async def test_a_price_that_falls_as_the_stay_grows_is_refused_or_confirmed(operator: Any) -> None:
    path = f"/parking-lots/{(await operator.lot())['id']}/tariff"
    body = {"currency": "EUR", "lines": TIER_THEN_HOURS}
    said = errors(await operator("PUT", path, json=body))["/lines/1"]
    assert "60 min cost 10.00 EUR, 61 min 3.00 EUR" in said
    assert (await operator("PUT", path, json={**body, "confirm": ["price_falls"]})).status_code == 200
    assert list(errors(await operator("PUT", path, json={**body, "confirm": ["anything"]}))) == ["/confirm/0"]


@pytest.mark.parametrize(
    ("daily", "confirmation"), [(0, "cap_of_zero"), (150, "daily_below_hourly")], ids=["a cap of 0", "below the hour"]
)
async def test_a_cap_that_looks_like_a_mistake_needs_to_be_meant(operator: Any, daily: int, confirmation: str) -> None:
    asked = lot_body(hourly_rate=200, daily_rate=daily, currency="EUR")
    said = errors(await operator("POST", "/parking-lots", json=asked))
    assert list(said) == ["/daily_rate"]
    assert f"`{confirmation}`" in said["/daily_rate"]
    meant = await operator("POST", "/parking-lots", json={**asked, "confirm": [confirmation]})
    assert (meant.status_code, meant.json()["daily_rate"]["amount"]) == (201, daily)
    path = f"/parking-lots/{meant.json()['id']}/tariff"
    body = {**quarters(50), "caps": [{"per": "24h", "amount": daily}]}
    assert list(errors(await operator("PUT", path, json=body))) == ["/caps/0/amount"]
    assert (await operator("PUT", path, json={**body, "confirm": [confirmation]})).status_code == 200


async def test_default_prices_that_cannot_be_charged_in_another_currency(operator: Any) -> None:
    answer = await operator("POST", "/parking-lots", json=lot_body(hourly_rate=None, currency="HUF"))
    assert list(errors(answer)) == ["/currency"]
