"""Events, for a client that missed their webhooks."""

from typing import Any

from stripe_simulator.account import Body
from stripe_simulator.calls import Call, Operation
from stripe_simulator.lists import cut
from stripe_simulator.parameters import EXPAND, PAGE, Boolean, Form, Text, Texts

UNDELIVERED = (
    "EXISTS (SELECT 1 FROM deliveries WHERE event = objects.id AND state IN ('pending', 'held', 'given_up', 'dropped'))"
)


def retrieve(call: Call) -> Body:
    """GET /v1/events/{id}."""
    return call.account.get("event", call.path["id"], "id")


def listed(call: Call) -> Body:
    """GET /v1/events; a type may end in `.*`."""
    conditions: list[str] = ["kind = 'event'"]
    values: list[Any] = []
    kinds = call.get("types", [call["type"]] if "type" in call.parameters else [])
    if kinds:
        conditions.append("(" + " OR ".join(["json_extract(body, '$.type') GLOB ?"] * len(kinds)) + ")")
        values += kinds
    if "delivery_success" in call.parameters:
        conditions.append(f"NOT {UNDELIVERED}" if call["delivery_success"] else UNDELIVERED)
    return cut(call.account, conditions, values, "/v1/events", call.parameters)


OPERATIONS = (
    Operation("GET", "/v1/events/{id}", Form(EXPAND), retrieve),
    Operation(
        "GET",
        "/v1/events",
        Form({**PAGE, "type": Text(), "types": Texts(), "delivery_success": Boolean()}),
        listed,
    ),
)
