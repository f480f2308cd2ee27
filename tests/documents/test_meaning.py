"""What the fields and parameters of the documents mean: units, limits, defaults, and words that may become more."""

import pytest
from tests.documents.reading import Json, operation, parameters, schema

from auth_service.domain.passwords import MIN_CHARACTERS
from parking_kernel.tariff_rules import MAX_AMOUNT, MAX_FREE_MINUTES
from payment_service.entrypoints.http.payments import REASONS


def parameter(documents: dict[str, Json], called: str, name: str) -> Json:
    return dict(parameters(documents, name))[called]


def test_the_rule_for_passwords_stands_in_the_schema(documents: dict[str, Json]) -> None:
    password = schema(documents, "Registration")["properties"]["password"]
    assert password["minLength"] == MIN_CHARACTERS == 10
    for said in ("At least 10 characters", "known bad ones", "RFC 8265"):
        assert said in password["description"]
    answers = operation(documents, "POST /api/v1/auth/register")["responses"]
    assert "unacceptable-password" in answers["422"]["description"]


@pytest.mark.parametrize(
    ("called", "name", "default", "words"),
    [
        (
            "GET /api/v1/parking-lots",
            "sort",
            None,
            ["`distance`", "metres", "`price`", "`availability`", "else by name"],
        ),
        ("GET /api/v1/parking-lots", "open_now", False, ["at this moment", "own time zones", "always open"]),
        ("GET /api/v1/parking-lots", "radius_m", 5000, ["metres"]),
        ("GET /api/v1/reservations", "sort", "-created_at", ["newest first", "`start_time`"]),
        ("GET /api/v1/reservations", "from", None, ["end after", "without it"]),
        ("GET /api/v1/reservations", "to", None, ["begin before", "without it"]),
        ("GET /api/v1/payments", "from", None, ["with an offset", "without it"]),
        ("GET /api/v1/parking-lots/{parking_lot_id}/availability", "from", None, ["with an offset"]),
        ("GET /api/v1/parking-lots/{parking_lot_id}/availability", "to", None, ["31 days"]),
        ("GET /api/v1/analytics/revenue", "from", None, ["with an offset"]),
        ("GET /api/v1/analytics/revenue", "interval", "1d", ["15 minutes", "a day of the calendar", "time zone"]),
        ("GET /api/v1/analytics/occupancy", "interval", "1h", ["15 minutes", "an hour"]),
    ],
)
def test_a_parameter_says_its_unit_and_its_default(
    documents: dict[str, Json], called: str, name: str, default: object, words: list[str]
) -> None:
    found = parameter(documents, called, name)
    assert [word for word in words if word not in found["description"]] == []
    assert found["schema"].get("default") == default


def test_every_sort_open_now_from_to_and_interval_is_described(documents: dict[str, Json]) -> None:
    found = [
        (called, name, each.get("description"))
        for name in ("sort", "open_now", "from", "to", "interval")
        for called, each in parameters(documents, name)
    ]
    assert len(found) >= 13
    assert [(called, name) for called, name, said in found if not said] == []


@pytest.mark.parametrize(
    ("body", "field", "least", "largest"),
    [
        ("RateLineBody", "sequence", 0, 1000),
        ("RateLineBody", "from_minutes", 0, 10**7),
        ("RateLineBody", "to_minutes", 1, 10**7),
        ("RateLineBody", "increment_minutes", 1, 10**7),
        ("RateLineBody", "amount", 0, MAX_AMOUNT),
        ("CapBody", "amount", 0, MAX_AMOUNT),
        ("TaxBody", "rate_percent", 0, 100),
        ("TariffBody", "rounding_minutes", 0, 60),
        ("TariffBody", "free_minutes", 0, MAX_FREE_MINUTES),
    ],
)
def test_the_limits_of_prices_and_taxes_are_in_the_schema(
    documents: dict[str, Json], body: str, field: str, least: int, largest: int
) -> None:
    found = schema(documents, body)["properties"][field]
    number = found["anyOf"][0] if "anyOf" in found else found
    assert (number["minimum"], number["maximum"]) == (least, largest)
    assert found["description"]


def test_until_hours_before_0_is_explained(documents: dict[str, Json]) -> None:
    said = schema(documents, "CancellationTermView")["properties"]["until_hours_before"]["description"]
    assert "0 is until the start itself" in said


def test_the_four_known_reasons_of_a_refund_stand_in_the_schema(documents: dict[str, Json]) -> None:
    reason = schema(documents, "RefundRequest")["properties"]["reason"]
    known = ["requested_by_customer", "duplicate", "fraudulent", "goodwill"]
    assert reason["x-extensible-enum"] == known == [*REASONS]
    assert all(f"`{each}`" in reason["description"] for each in (*known, "operator"))
    assert "enum" not in reason, "other words are taken"


def test_the_websocket_is_named_in_the_document(documents: dict[str, Json]) -> None:
    assert "`GET /api/v1/ws`" in documents["notification"]["info"]["description"]
    said = operation(documents, "POST /api/v1/ws/tickets")["description"]
    for word in ("`GET /api/v1/ws?ticket=…`", "bearer.<access_token>", '"subscribe"', "`ping`", "lot:<id>", "4401"):
        assert word in said


@pytest.mark.parametrize(
    ("view", "field", "some"),
    [
        ("LotAnswer", "status", {"draft", "open", "retired"}),
        ("ReservationView", "status", {"pending", "confirmed", "no_show"}),
        ("ReservationView", "spot_type", {"standard", "accessible"}),
        ("AlternativeView", "spot_type", {"standard", "accessible"}),
        ("LineItemView", "kind", {"time", "cap", "tax", "minimum", "waived"}),
        ("GateDecision", "reason", {"ok", "too_early", "unpaid"}),
        ("PaymentView", "status", {"succeeded", "refunded"}),
        ("StartedPayment", "status", {"requested"}),
        ("RefundView", "status", set()),
        ("NotificationView", "kind", {"reservation_confirmed"}),
        ("ImportAnswer", "status", {"running", "done", "failed"}),
        ("SupplyChangeAnswer", "status", {"running", "done", "failed"}),
        ("RateLineView", "type", {"incrementing", "flat", "flat_tier"}),
        ("CapView", "per", {"calendar_day", "24h"}),
    ],
)
def test_a_word_of_an_answer_of_which_there_may_be_more_says_which_there_are(
    documents: dict[str, Json], view: str, field: str, some: set[str]
) -> None:
    found = schema(documents, view)["properties"][field]
    assert some <= set(found["x-extensible-enum"])
    assert found["x-extensible-enum"]
    assert "enum" not in found
