import httpx
import pytest
import stripe

from stripe_simulator.process import SimulatorProcess

pytestmark = pytest.mark.integration

FORM = {"amount": "900", "currency": "eur"}


def create(simulator: SimulatorProcess, key: str = "key") -> httpx.Response:
    url = f"{simulator.url}/v1/payment_intents"
    return httpx.post(url, data=FORM, headers={"Idempotency-Key": key}, auth=(simulator.secret_key, ""), timeout=0.5)


def count(client: stripe.StripeClient) -> int:
    return len(client.v1.payment_intents.list().data)


@pytest.mark.parametrize("action", ["timeout", "reset"])
@pytest.mark.parametrize(("when", "effects"), [("before", 0), ("after", 1)])
def test_an_unknown_outcome_is_found_out_with_the_same_key(
    simulator: SimulatorProcess, client: stripe.StripeClient, action: str, when: str, effects: int
) -> None:
    simulator.control("POST", "/faults", {"action": action, "when": when, "method": "POST", "hold_ms": 2_000})
    with pytest.raises(httpx.ReadTimeout if action == "timeout" else httpx.ReadError):
        create(simulator)
    assert count(client) == effects
    again = create(simulator)
    assert again.status_code == 200
    assert ("idempotent-replayed" in again.headers) == bool(effects)
    assert count(client) == 1


def test_an_error_after_the_effect_is_all_the_key_ever_answers(
    simulator: SimulatorProcess, client: stripe.StripeClient
) -> None:
    simulator.control("POST", "/faults", {"action": "error", "when": "after", "path": "/v1/payment_intents"})
    assert create(simulator).status_code == 500
    assert create(simulator).status_code == 500, "as Stripe documents it"
    assert count(client) == 1, "only a list shows the effect"


def test_an_error_before_the_effect_leaves_no_trace(simulator: SimulatorProcess, client: stripe.StripeClient) -> None:
    simulator.control("POST", "/faults", {"action": "error", "status": 429, "times": 2})
    assert [create(simulator).status_code for _ in range(3)] == [429, 429, 200]
    assert count(client) == 1


def test_faults_meet_only_what_they_name(simulator: SimulatorProcess, client: stripe.StripeClient) -> None:
    simulator.control("POST", "/faults", {"action": "error", "path": "/v1/payment_intents/*/confirm"})
    assert create(simulator).status_code == 200
    assert len(simulator.control("GET", "/faults")) == 1
    simulator.control("DELETE", "/faults")
    assert simulator.control("GET", "/faults") == []
    with pytest.raises(httpx.HTTPStatusError):
        simulator.control("POST", "/faults", {"action": "explode"})


def test_the_sdk_retries_over_a_broken_connection(simulator: SimulatorProcess) -> None:
    simulator.control("POST", "/faults", {"action": "reset", "when": "after"})
    http = stripe.RequestsClient(timeout=5)
    client = stripe.StripeClient(
        simulator.secret_key, base_addresses={"api": simulator.url}, http_client=http, max_network_retries=2
    )
    client.v1.payment_intents.create({"amount": 900, "currency": "eur"})
    assert count(client) == 1
    http.close()
