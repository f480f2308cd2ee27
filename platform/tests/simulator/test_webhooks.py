import time

import pytest
import stripe

from stripe_simulator.process import SimulatorProcess, wait_for
from stripe_simulator.receiver import WebhookReceiver

pytestmark = pytest.mark.integration

CREATED = "payment_intent.created"


def create(client: stripe.StripeClient, times: int = 1) -> list[str]:
    return [client.v1.payment_intents.create({"amount": 900, "currency": "eur"}).id for _ in range(times)]


def arrived(receiver: WebhookReceiver) -> list[str]:
    return [event["data"]["object"]["id"] for event in receiver.events()]


def test_events_arrive_signed(
    client: stripe.StripeClient, simulator: SimulatorProcess, receiver: WebhookReceiver
) -> None:
    intent = client.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "eur",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "return_url": "https://parking.example/paid",
        },
        {"idempotency_key": "charge-7"},
    )
    wait_for(lambda: len(receiver.received) == 3)
    assert sorted(receiver.types()) == ["charge.succeeded", CREATED, "payment_intent.succeeded"]
    for body, signature in receiver.received:
        event = stripe.Webhook.construct_event(body, signature, simulator.webhook_secret)
        assert event.request
        assert event.request.idempotency_key == "charge-7"
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body.replace("900", "100"), signature, simulator.webhook_secret)
    assert intent.id in arrived(receiver)
    wait_for(lambda: {event.pending_webhooks for event in client.v1.events.list().data} == {0})


def test_events_come_again_until_they_are_accepted(
    client: stripe.StripeClient, simulator: SimulatorProcess, receiver: WebhookReceiver
) -> None:
    receiver.statuses += [500, 302, 404]
    create(client)
    wait_for(lambda: len(receiver.received) == 4)
    assert len({event["id"] for event in receiver.events()}) == 1
    [delivery] = wait_for(
        lambda: [row for row in simulator.control("GET", "/deliveries") if row["state"] == "delivered"]
    )
    assert (delivery["attempts"], delivery["answer"]) == (4, "200")


def test_events_can_come_twice(
    client: stripe.StripeClient, simulator: SimulatorProcess, receiver: WebhookReceiver
) -> None:
    simulator.control("POST", "/knobs", {"webhook_repeat": 2})
    [intent] = create(client)
    wait_for(lambda: arrived(receiver) == [intent] * 3)


def test_events_can_come_in_reverse(
    client: stripe.StripeClient, simulator: SimulatorProcess, receiver: WebhookReceiver
) -> None:
    simulator.control("POST", "/knobs", {"webhook_reorder": 3})
    made = create(client, 3)
    wait_for(lambda: len(receiver.received) == 3)
    assert arrived(receiver) == made[::-1]

    held = create(client, 2)
    assert simulator.control("POST", "/webhooks/release") == {"released": 2}
    wait_for(lambda: len(receiver.received) == 5)
    assert arrived(receiver)[3:] == held[::-1]


def test_events_can_be_lost(
    client: stripe.StripeClient, simulator: SimulatorProcess, receiver: WebhookReceiver
) -> None:
    simulator.control("POST", "/knobs", {"webhook_drop_next": 1})
    lost, kept = create(client, 2)
    wait_for(lambda: arrived(receiver) == [kept])

    def undelivered() -> list[stripe.Event]:
        return client.v1.events.list({"delivery_success": False, "type": "payment_intent.*"}).data

    # The list of events still has the lost one, and of the other no longer once its arrival is noted.
    wait_for(lambda: [event.data.object["id"] for event in undelivered()] == [lost])
    simulator.control("POST", f"/events/{undelivered()[0].id}/redeliver")
    wait_for(lambda: arrived(receiver) == [kept, lost])


def test_a_share_of_the_events_can_be_lost_and_the_seed_says_which(
    client: stripe.StripeClient, simulator: SimulatorProcess
) -> None:
    simulator.control("POST", "/knobs", {"webhook_paused": True, "webhook_drop_ratio": 0.5, "webhook_drop_seed": 7})
    create(client, 20)
    states = [row["state"] for row in simulator.control("GET", "/deliveries")]
    assert 4 <= states.count("dropped") <= 16
    simulator.control("POST", "/reset")
    simulator.control("POST", "/knobs", {"webhook_paused": True, "webhook_drop_ratio": 0.5, "webhook_drop_seed": 7})
    create(client, 20)
    assert [row["state"] for row in simulator.control("GET", "/deliveries")] == states


def test_events_can_be_late(
    client: stripe.StripeClient, simulator: SimulatorProcess, receiver: WebhookReceiver
) -> None:
    simulator.control("POST", "/knobs", {"webhook_delay_ms": 300})
    began = time.monotonic()
    create(client)
    wait_for(lambda: receiver.received)
    assert time.monotonic() - began >= 0.3


def test_deliveries_can_be_held_and_sent_on_demand(
    client: stripe.StripeClient, simulator: SimulatorProcess, receiver: WebhookReceiver
) -> None:
    simulator.control("POST", "/knobs", {"webhook_paused": True})
    made = create(client, 3)
    sent = simulator.control("POST", "/webhooks/deliver")
    assert arrived(receiver) == made
    assert {row["state"] for row in sent} == {"delivered"}


def test_events_are_listed_by_type_and_time(client: stripe.StripeClient, simulator: SimulatorProcess) -> None:
    create(client, 2)
    client.v1.customers.create({"email": "driver@parking.example"})
    moment = client.v1.events.list({"limit": 1}).data[0].created
    simulator.control("POST", "/advance", {"seconds": 100})
    create(client)
    events = client.v1.events
    assert len(events.list({"type": "customer.created"}).data) == 1
    assert len(events.list({"types": [CREATED, "customer.created"]}).data) == 4
    assert len(events.list({"created": {"gt": moment + 50}}).data) == 1
    one = events.list({"limit": 1}).data[0]
    assert events.retrieve(one.id).type == CREATED


def test_knobs_that_do_not_exist_are_refused(simulator: SimulatorProcess) -> None:
    for body in ({"webhook_repeats": 1}, {"webhook_repeat": "1"}):
        with pytest.raises(Exception, match="400"):
            simulator.control("POST", "/knobs", body)
