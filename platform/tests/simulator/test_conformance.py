"""The conformance check is itself checked: each kind of lie has to be found."""

import json
from typing import Any

import pytest
import stripe

from stripe_simulator import conformance
from stripe_simulator.process import SimulatorProcess

pytestmark = pytest.mark.integration


@pytest.fixture
def entry(simulator: SimulatorProcess, client: stripe.StripeClient) -> dict[str, Any]:
    client.v1.payment_intents.create({"amount": 900, "currency": "eur"})
    return simulator.journal()[-1]


def changed(entry: dict[str, Any], **body: object) -> dict[str, Any]:
    return {**entry, "body": {**entry["body"], **body}}


def test_lies_are_found(entry: dict[str, Any], description: conformance.Description, mock_url: str) -> None:
    def problems(lie: dict[str, Any]) -> str:
        return "\n".join(conformance.check([lie], description, mock_url))

    assert problems(entry) == ""
    assert "Additional properties" in problems(changed(entry, colour="red"))
    assert "paid" in problems(changed(entry, status="paid"))
    assert "is not valid under any" in problems(changed(entry, canceled_at="today"))
    without = {name: value for name, value in entry["body"].items() if name != "latest_charge"}
    assert "lacks latest_charge" in problems({**entry, "body": without})
    assert "stripe-mock refuses it" in problems({**entry, "form": "amount=900&currency=eur&colour=red"})
    assert "no such endpoint" in problems({**entry, "path": "/v1/parking_lots"})
    refusal = {"error": {"type": "invalid_request_error", "code": "parameter_unknown", "param": "description"}}
    stricter = {**entry, "form": entry["form"] + "&description=x", "status": 400, "body": refusal}
    assert "not simulated" in problems(stricter)


def test_the_object_in_an_event_is_checked_too(
    simulator: SimulatorProcess, client: stripe.StripeClient, description: conformance.Description, mock_url: str
) -> None:
    client.v1.payment_intents.create({"amount": 900, "currency": "eur"})
    client.v1.events.list()
    listed = json.loads(json.dumps(simulator.journal()[-1]))
    listed["body"]["data"][0]["data"]["object"]["amount"] = "900"
    assert conformance.check([listed], description, mock_url)
