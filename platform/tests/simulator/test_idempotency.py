import asyncio
from collections import Counter

import httpx
import pytest
import stripe

from stripe_simulator.process import SimulatorProcess

pytestmark = pytest.mark.integration

CREATION = {
    "amount": "1250",
    "currency": "eur",
    "payment_method": "pm_card_visa",
    "confirm": "true",
    "return_url": "https://parking.example/paid",
}


def post(simulator: SimulatorProcess, path: str, key: str, **form: str) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return httpx.post(f"{simulator.url}{path}", data=form, headers=headers, auth=(simulator.secret_key, ""), timeout=60)


async def post_at_once(simulator: SimulatorProcess, times: int, key: str | None) -> list[httpx.Response]:
    async with httpx.AsyncClient(base_url=simulator.url, auth=(simulator.secret_key, ""), timeout=60) as client:
        headers = {"Idempotency-Key": key} if key else {}
        return await asyncio.gather(
            *(client.post("/v1/payment_intents", data=CREATION, headers=headers) for _ in range(times))
        )


async def test_twenty_at_once_are_one_payment(simulator: SimulatorProcess, client: stripe.StripeClient) -> None:
    answers = await post_at_once(simulator, 20, "charge-1")
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Counter(answer.headers.get("idempotent-replayed") for answer in answers) == {None: 1, "true": 19}
    assert len(client.v1.charges.list({"limit": 100}).data) == 1


async def test_without_a_key_twenty_are_twenty(simulator: SimulatorProcess, client: stripe.StripeClient) -> None:
    """The negative control: it is the key that makes one of them."""
    await post_at_once(simulator, 20, None)
    assert len(client.v1.charges.list({"limit": 100}).data) == 20


async def test_a_key_in_flight_is_a_conflict(simulator: SimulatorProcess, client: stripe.StripeClient) -> None:
    simulator.control("POST", "/knobs", {"latency_ms": 500})
    answers = await post_at_once(simulator, 20, "charge-2")
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    codes = {answer.json()["error"]["code"] for answer in answers if answer.status_code == 409}
    assert codes == {"idempotency_key_in_use"}
    assert len(client.v1.charges.list().data) == 1
    again = post(simulator, "/v1/payment_intents", "charge-2", **CREATION)
    assert again.headers["idempotent-replayed"] == "true", "a conflict is not what the key remembers"


def test_a_key_means_one_request(simulator: SimulatorProcess, client: stripe.StripeClient) -> None:
    post(simulator, "/v1/payment_intents", "key", **CREATION)
    other_amount = post(simulator, "/v1/payment_intents", "key", **{**CREATION, "amount": "1300"})
    assert (other_amount.status_code, other_amount.json()["error"]["type"]) == (400, "idempotency_error")
    other_endpoint = post(simulator, "/v1/customers", "key", email="a@parking.example")
    assert "same endpoint" in other_endpoint.json()["error"]["message"]
    with pytest.raises(stripe.IdempotencyError):
        client.v1.payment_intents.create({"amount": 60, "currency": "eur"}, {"idempotency_key": "key"})


def test_a_decline_is_remembered(simulator: SimulatorProcess, client: stripe.StripeClient) -> None:
    declined = {**CREATION, "payment_method": "pm_card_chargeDeclined"}
    first = post(simulator, "/v1/payment_intents", "key", **declined)
    second = post(simulator, "/v1/payment_intents", "key", **declined)
    assert (first.status_code, second.status_code) == (402, 402)
    assert second.headers["idempotent-replayed"] == "true"
    assert second.headers["original-request"] == first.headers["request-id"]
    assert second.json() == first.json()
    assert len(client.v1.charges.list().data) == 1


def test_a_refusal_before_the_execution_leaves_the_key_free(simulator: SimulatorProcess) -> None:
    refused = post(simulator, "/v1/payment_intents", "key", amount="1250")
    assert refused.status_code == 400
    accepted = post(simulator, "/v1/payment_intents", "key", **CREATION)
    assert accepted.status_code == 200
    assert "idempotent-replayed" not in accepted.headers


def test_keys_are_purged_after_a_day(simulator: SimulatorProcess) -> None:
    first = post(simulator, "/v1/payment_intents", "key", **CREATION).json()["id"]
    simulator.control("POST", "/advance", {"seconds": 86_300})
    assert post(simulator, "/v1/payment_intents", "key", **CREATION).json()["id"] == first
    simulator.control("POST", "/advance", {"seconds": 200})
    assert post(simulator, "/v1/payment_intents", "key", **CREATION).json()["id"] != first


def test_the_answer_stays_when_the_object_changes(simulator: SimulatorProcess, client: stripe.StripeClient) -> None:
    first = post(simulator, "/v1/payment_intents", "key", amount="900", currency="eur").json()
    client.v1.payment_intents.cancel(first["id"])
    assert post(simulator, "/v1/payment_intents", "key", amount="900", currency="eur").json() == first
