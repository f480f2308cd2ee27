"""The calls of the journey, and what can be wrong with each of them.

A new case is a line: the call, what is wrong with it, where, and some words of the rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from parking_demo.people import Json

GONE = "(left out)"
KEY = {"Idempotency-Key": "<new>"}


@dataclass(frozen=True)
class Call:
    """A request that is answered with `status` as it stands. Words in <...> are filled in by the test."""

    who: str
    method: str
    path: str
    status: int
    values: Json = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def place(self) -> str:
        """Where its values stand, as httpx calls it."""
        return "params" if self.method == "GET" else "json"

    def but(self, changes: Json) -> Json:
        """Its values with some changed, or left out."""
        return {name: value for name, value in {**self.values, **changes}.items() if value != GONE}


PERIOD = {"start_time": "<noon>", "end_time": "<one>"}
SPAN = {"from": "<noon>", "to": "<one>"}
CALLS = {
    # auth
    "register": Call(
        "guest",
        "POST",
        "/auth/register",
        201,
        {"email": "<new>@example.com", "password": "correct horse battery", "full_name": "Pat"},
    ),
    "verify": Call("guest", "POST", "/auth/verify-email", 400, {"token": "unknown"}),
    "organization": Call("admin", "POST", "/organizations", 201, {"name": "Garages <new>"}),
    # parking
    "search": Call("guest", "GET", "/parking-lots", 200, {"latitude": 47.38, "longitude": 8.54, "radius_m": 500}),
    "lot": Call(
        "operator",
        "POST",
        "/parking-lots",
        201,
        {
            "name": "Sihlquai",
            "location": {"latitude": 47.3825, "longitude": 8.5345},
            "address": "Sihlquai 41, 8005 Zürich",
            "time_zone": "Europe/Zurich",
            "hourly_rate": {"amount": 200, "currency": "CHF"},
        },
    ),
    "spots": Call("operator", "POST", "/parking-lots/<lot>/spots", 201, {"spots": [{"spot_number": "<new>"}]}),
    "import": Call("operator", "POST", "/parking-lots/import", 202, {"type": "FeatureCollection", "features": []}),
    "sensor": Call(
        "operator",
        "POST",
        "/parking-lots/<lot>/occupancy",
        200,
        {"readings": [{"spot_id": "<spot>", "occupied": True, "at": "<now>"}]},
    ),
    "counter": Call(
        "operator", "POST", "/parking-lots/<lot>/occupancy", 200, {"occupied": 1, "capacity": 10, "at": "<now>"}
    ),
    # reservation
    "quote": Call("driver", "POST", "/quotes", 200, {"parking_lot_id": "<lot>", **PERIOD}),
    "availability": Call("driver", "GET", "/parking-lots/<lot>/availability", 200, SPAN),
    "reserve": Call("driver", "POST", "/reservations", 201, {"parking_lot_id": "<lot>", **PERIOD}, KEY),
    "reservations": Call("driver", "GET", "/reservations", 200, {"limit": 20}),
    "cancel": Call("driver", "POST", "/reservations/<reservation>/cancel", 200, {"reason": "rain"}),
    "check-in": Call("operator", "POST", "/gates/check-in", 200, {"token": "forged", "parking_lot_id": "<lot>"}),
    "check-out": Call("operator", "POST", "/gates/check-out", 200, {"token": "forged", "parking_lot_id": "<lot>"}),
    # payment
    "pay": Call("driver", "POST", "/payments", 201, {"charge_token": "<charge>"}, KEY),
    "payments": Call("driver", "GET", "/payments", 200, {"limit": 20}),
    "refund": Call(
        "operator",
        "POST",
        "/payments/<payment>/refunds",
        201,
        {"amount": {"amount": 1, "currency": "CHF"}, "reason": "goodwill"},
        KEY,
    ),
    # notification
    "inbox": Call("driver", "GET", "/notifications", 200, {"limit": 20}),
    # analytics
    "revenue": Call("operator", "GET", "/analytics/revenue", 200, {"parking_lot_id": "<lot>", **SPAN}),
    "occupancy": Call("operator", "GET", "/analytics/occupancy", 200, {"parking_lot_id": "<lot>", **SPAN}),
}

NAIVE = "2030-01-01T12:00:00"
SECONDS = 1_900_000_000
INVALID: list[tuple[str, Json, str, str]] = [
    ("register", {"email": "nobody"}, "/email", "email address"),
    ("register", {"password": "short"}, "/password", "at least 10"),
    ("register", {"full_name": 7}, "/full_name", "string"),
    ("register", {"is_admin": True}, "/is_admin", "is no field of this request"),
    ("verify", {"token": GONE}, "/token", "required"),
    ("organization", {"name": ""}, "/name", "at least 1"),
    ("search", {"latitude": 91}, "query/latitude", "at most 90"),
    ("search", {"longitude": "east"}, "query/longitude", "number"),
    ("search", {"longitude": GONE}, "query/longitude", "required"),
    ("search", {"radius_m": -5}, "query/radius_m", "at least 1"),
    ("search", {"radius_m": 50_001}, "query/radius_m", "at most 50000"),
    ("search", {"colour": "red"}, "query/colour", "is no parameter of this request"),
    ("search", {"amenities": "a\0"}, "query/amenities", "NUL"),
    ("search", {"limit": 101}, "query/limit", "at most 100"),
    ("lot", {"location": {"latitude": 91, "longitude": 8}}, "/location/latitude", "at most 90"),
    ("lot", {"location": {"latitude": "47.3", "longitude": 8}}, "/location/latitude", "number"),
    ("lot", {"location": "here"}, "/location", "an object, not a string"),
    ("lot", {"name": GONE}, "/name", "required"),
    ("lot", {"colour": "red"}, "/colour", "is no field of this request"),
    ("lot", {"time_zone": "Europe/Nowhere"}, "/time_zone", "zone"),
    ("lot", {"hourly_rate": {"amount": -1, "currency": "CHF"}}, "/hourly_rate/amount", "at least 0"),
    ("lot", {"hourly_rate": {"amount": 1.5, "currency": "CHF"}}, "/hourly_rate/amount", "whole number"),
    ("lot", {"hourly_rate": 1.5}, "/hourly_rate", "an object, not a number"),
    ("spots", {"spots": []}, "/spots", "at least 1"),
    ("spots", {"spots": [{"spot_number": "9", "spot_type": "lorry"}]}, "/spots/0/spot_type", "standard"),
    ("spots", {"spots": [{"spot_number": "9", "width": -2}]}, "/spots/0/width", "more than 0"),
    ("import", {"type": "Feature"}, "", "FeatureCollection"),
    ("import", {"features": {"0": 1}}, "", "FeatureCollection"),
    ("sensor", {"readings": [{"spot_id": "<spot>", "occupied": True, "at": NAIVE}]}, "/readings/0/at", "offset"),
    ("sensor", {"readings": [{"spot_id": "<spot>", "occupied": "yes", "at": "<now>"}]}, "/readings/0/occupied", "bool"),
    (
        "sensor",
        {"readings": [{"spot_id": "<unknown>", "occupied": True, "at": "<now>"}]},
        "/readings/0/spot_id",
        "spot",
    ),
    ("counter", {"at": NAIVE}, "/at", "offset"),
    ("counter", {"at": SECONDS}, "/at", "offset"),
    ("counter", {"capacity": GONE}, "/capacity", "required"),
    ("counter", {"readings": []}, "/readings", "at least 1"),
    ("counter", {"occupied": 3, "capacity": 2}, "/occupied", "capacity"),
    ("quote", {"start_time": NAIVE}, "/start_time", "offset"),
    ("quote", {"end_time": SECONDS}, "/end_time", "offset"),
    ("quote", {"start_time": "<one>", "end_time": "<noon>"}, "/end_time", "after"),
    ("quote", {"start_time": "<one>"}, "/end_time", "after"),
    ("quote", {"spot_type": "lorry"}, "/spot_type", "standard"),
    ("quote", {"parking_lot_id": 1}, "/parking_lot_id", "UUID"),
    ("availability", {"from": NAIVE}, "query/from", "offset"),
    ("availability", {"from": "<one>", "to": "<noon>"}, "query/to", "after"),
    ("availability", {"to": GONE}, "query/to", "required"),
    ("reserve", {"start_time": NAIVE}, "/start_time", "offset"),
    ("reserve", {"start_time": "<one>", "end_time": "<noon>"}, "/end_time", "after"),
    ("reserve", {"start_time": "<one>"}, "/end_time", "after"),
    ("reserve", {"start_time": "2020-01-01T12:00:00Z"}, "/start_time", "past"),
    ("reserve", {"end_time": "2199-01-01T12:00:00Z"}, "/end_time", "31 days"),
    ("reserve", {"vehicle_plate": "<script>"}, "/vehicle_plate", "such as 'ZH 123456'"),
    ("reserve", {"price": 1}, "/price", "is no field of this request"),
    ("reserve", {"spot_id": "A1"}, "/spot_id", "UUID"),
    ("reserve", {"spot_id": "<spot>", "spot_type": "compact"}, "/spot_type", "standard"),
    ("reservations", {"limit": 0}, "query/limit", "at least 1"),
    ("reservations", {"cursor": "nonsense"}, "query/cursor", "cursor"),
    ("cancel", {"reason": ["rain"]}, "/reason", "string"),
    ("check-in", {"token": ""}, "/token", "at least 1"),
    ("check-in", {"at": NAIVE}, "/at", "offset"),
    ("check-out", {"parking_lot_id": GONE}, "/parking_lot_id", "required"),
    ("check-out", {"plate": 1}, "/plate", "is no field of this request"),
    ("pay", {"charge_token": "forged"}, "/charge_token", "charge"),
    ("pay", {"charge_token": GONE}, "/charge_token", "required"),
    ("pay", {"amount": 1}, "/amount", "is no field of this request"),
    ("pay", {"save_method": "perhaps"}, "/save_method", "boolean"),
    ("pay", {"save_method": 1}, "/save_method", "boolean"),
    ("payments", {"limit": "many"}, "query/limit", "whole number"),
    ("refund", {"amount": {"amount": 0, "currency": "CHF"}}, "/amount/amount", "more than 0"),
    ("refund", {"amount": {"amount": 1.5, "currency": "CHF"}}, "/amount/amount", "whole number"),
    ("refund", {"amount": {"amount": 1, "currency": "EUR"}}, "/amount/currency", "CHF"),
    ("refund", {"reason": GONE}, "/reason", "required"),
    ("inbox", {"limit": -1}, "query/limit", "at least 1"),
    ("inbox", {"cursor": "nonsense"}, "query/cursor", "cursor"),
    ("revenue", {"from": NAIVE}, "query/from", "offset"),
    ("revenue", {"from": SECONDS}, "query/from", "offset"),
    ("revenue", {"from": "<one>", "to": "<noon>"}, "query/to", "after"),
    ("revenue", {"from": "<one>"}, "query/to", "after"),
    ("revenue", {"parking_lot_id": GONE}, "query/parking_lot_id", "organization_id"),
    ("revenue", {"interval": "fortnight"}, "query/interval", "'1h'"),
    ("revenue", {"currency": "francs"}, "query/currency", "such as EUR"),
    ("occupancy", {"from": "0001-01-01T00:00:00+14:00"}, "query/from", "between"),
    ("occupancy", {"from": "<one>"}, "query/to", "after"),
]
REFUSED: list[tuple[str, str, Json, int, str]] = [
    ("quote", "/quotes", {"parking_lot_id": "<unknown>"}, 404, "not-found"),
    ("availability", "/parking-lots/<unknown>/availability", {}, 404, "not-found"),
    ("reserve", "/reservations", {"parking_lot_id": "<unknown>"}, 404, "not-found"),
    ("reserve", "/reservations", {"spot_id": "<unknown>"}, 404, "not-found"),
    ("cancel", "/reservations/<unknown>/cancel", {}, 404, "not-found"),
    ("spots", "/parking-lots/<foreign>/spots", {}, 404, "not-found"),
    ("counter", "/parking-lots/<foreign>/occupancy", {}, 404, "not-found"),
    ("check-in", "/gates/check-in", {"parking_lot_id": "<foreign>"}, 404, "not-found"),
    ("check-out", "/gates/check-out", {"parking_lot_id": "<unknown>"}, 404, "not-found"),
    ("refund", "/payments/<unknown>/refunds", {}, 404, "not-found"),
    (
        "refund",
        "/payments/<payment>/refunds",
        {"amount": {"amount": 601, "currency": "CHF"}},
        409,
        "refund-exceeds-payment",
    ),
    ("revenue", "/analytics/revenue", {"parking_lot_id": "<foreign>"}, 404, "not-found"),
    ("occupancy", "/analytics/occupancy", {"parking_lot_id": "<unknown>"}, 404, "not-found"),
    ("verify", "/auth/verify-email", {}, 400, "invalid-mail-token"),
]
WITH_A_BODY = sorted(name for name, call in CALLS.items() if call.place == "json")
WITH_A_KEY = sorted(name for name, call in CALLS.items() if call.headers)
