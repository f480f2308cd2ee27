from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stripe_simulator.process import SimulatorProcess, wait_for
from stripe_simulator.receiver import WebhookReceiver, listening

pytestmark = pytest.mark.integration

PAYMENT = {
    "amount": "1250",
    "currency": "eur",
    "payment_method": "pm_card_visa",
    "confirm": "true",
    "return_url": "https://parking.example/paid",
}


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with listening() as own:
        yield own


@pytest.fixture
def restartable(tmp_path: Path, receiver: WebhookReceiver) -> Iterator[SimulatorProcess]:
    """A simulator of the test's own, to be killed and started again."""
    settings: dict[str, str | int | float] = {"webhook_retry_base": 0.05, "settle_seconds": 0.2}
    simulator = SimulatorProcess(tmp_path / "state.db", receiver.url, settings).start()
    yield simulator
    simulator.stop()


def call(simulator: SimulatorProcess, path: str, key: str | None = None, **form: str) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    auth = (simulator.secret_key, "")
    if form:
        return httpx.post(f"{simulator.url}{path}", data=form, headers=headers, auth=auth)
    return httpx.get(f"{simulator.url}{path}", auth=auth)


def test_kill_9_loses_nothing(restartable: SimulatorProcess, receiver: WebhookReceiver) -> None:
    restartable.control("POST", "/knobs", {"webhook_paused": True, "webhook_repeat": 1})
    restartable.control("POST", "/faults", {"action": "error", "path": "/v1/customers"})
    paid = call(restartable, "/v1/payment_intents", "key", **PAYMENT).json()
    assert restartable.kill() == -9

    restartable.start()
    assert call(restartable, f"/v1/payment_intents/{paid['id']}").json() == paid
    replayed = call(restartable, "/v1/payment_intents", "key", **PAYMENT)
    assert (replayed.json(), replayed.headers["idempotent-replayed"]) == (paid, "true")
    assert restartable.control("GET", "/knobs")["webhook_repeat"] == 1
    assert len(restartable.control("GET", "/faults")) == 1
    assert receiver.received == []
    restartable.control("POST", "/knobs", {"webhook_paused": False})
    wait_for(lambda: sorted(receiver.types()).count("payment_intent.succeeded") == 2)


def test_retries_go_on_after_a_restart(restartable: SimulatorProcess, receiver: WebhookReceiver) -> None:
    receiver.statuses += [500] * 2
    call(restartable, "/v1/payment_intents", amount="900", currency="eur")
    wait_for(lambda: receiver.received)
    restartable.kill()
    restartable.start()
    wait_for(
        lambda: [row for row in restartable.control("GET", "/deliveries") if row["state"] == "delivered"],
    )
    assert len({event["id"] for event in receiver.events()}) == 1


def test_what_was_to_happen_later_happens_after_a_restart(
    restartable: SimulatorProcess, receiver: WebhookReceiver
) -> None:
    paid = call(restartable, "/v1/payment_intents", **(PAYMENT | {"payment_method": "pm_card_refundFail"})).json()
    refund = call(restartable, "/v1/refunds", payment_intent=paid["id"]).json()
    restartable.kill()
    restartable.start()
    wait_for(lambda: call(restartable, f"/v1/refunds/{refund['id']}").json()["status"] == "failed")
    wait_for(lambda: "refund.failed" in receiver.types())


def test_sigterm_ends_it_in_good_order(restartable: SimulatorProcess) -> None:
    assert restartable.stop() in (0, -15)
    restartable.start()
    assert httpx.get(f"{restartable.url}/healthz").text == "ok"
    page = httpx.get(restartable.url)
    assert "Stripe simulator" in page.text
