import pytest
import stripe

from stripe_simulator.process import SimulatorProcess

pytestmark = pytest.mark.integration


def paid(client: stripe.StripeClient, method: str = "pm_card_visa", amount: int = 1250) -> stripe.PaymentIntent:
    return client.v1.payment_intents.create(
        {
            "amount": amount,
            "currency": "eur",
            "payment_method": method,
            "confirm": True,
            "return_url": "https://parking.example/paid",
        }
    )


def event_types(client: stripe.StripeClient) -> list[str]:
    return [event.type for event in client.v1.events.list({"limit": 100}).auto_paging_iter()]


def test_never_more_than_was_paid(client: stripe.StripeClient) -> None:
    intent = paid(client)
    refunds = client.v1.refunds
    first = refunds.create({"payment_intent": intent.id, "amount": 1000, "reason": "requested_by_customer"})
    assert (first.status, first.amount) == ("succeeded", 1000)
    with pytest.raises(stripe.InvalidRequestError, match=r"10\.00 eur\) is greater than .*2\.50 eur"):
        refunds.create({"payment_intent": intent.id, "amount": 1000})
    rest = refunds.create({"charge": str(intent.latest_charge)})
    assert rest.amount == 250
    with pytest.raises(stripe.InvalidRequestError) as refused:
        refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"

    charge = client.v1.charges.retrieve(str(intent.latest_charge), {"expand": ["refunds"]})
    assert (charge.amount_refunded, charge.refunded) == (1250, True)
    assert charge.refunds
    assert [refund.id for refund in charge.refunds.data] == [rest.id, first.id]
    assert len(refunds.list({"payment_intent": intent.id}).data) == 2
    assert event_types(client).count("charge.refunded") == 2


def test_what_was_not_paid_is_not_refunded(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create({"amount": 900, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        client.v1.refunds.create({"payment_intent": intent.id})
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
        client.v1.refunds.create({"amount": 900})


def test_a_refund_can_fail_after_it_succeeded(client: stripe.StripeClient, simulator: SimulatorProcess) -> None:
    intent = paid(client, "pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    simulator.control("POST", "/advance", {"seconds": 3600})
    refund = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (refund.status, refund.failure_reason) == ("failed", "expired_or_canceled_card")
    assert isinstance(refund.failure_balance_transaction, stripe.BalanceTransaction)
    assert refund.failure_balance_transaction.net == 1250
    assert client.v1.charges.retrieve(str(intent.latest_charge)).amount_refunded == 0
    assert {"refund.created", "refund.updated", "charge.refund.updated", "refund.failed"} <= set(event_types(client))


def test_a_refund_can_be_pending(client: stripe.StripeClient, simulator: SimulatorProcess) -> None:
    intent = paid(client, "pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 1200, "metadata": {"why": "closed"}})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 51})
    simulator.control("POST", "/advance", {"seconds": 3600})
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_the_account_adds_up_after_fees(client: stripe.StripeClient, simulator: SimulatorProcess) -> None:
    intent = paid(client, amount=10_001)
    charge = client.v1.charges.retrieve(str(intent.latest_charge))
    assert charge.balance_transaction is None, "captured asynchronously, as by default at Stripe"
    simulator.control("POST", "/advance", {"seconds": 3600})
    charge = client.v1.charges.retrieve(charge.id, {"expand": ["balance_transaction"]})
    booked = charge.balance_transaction
    assert isinstance(booked, stripe.BalanceTransaction)
    assert (booked.amount, booked.fee, booked.net, booked.status) == (10_001, 175, 9_826, "pending")
    client.v1.refunds.create({"payment_intent": intent.id, "amount": 1})
    movements = client.v1.balance_transactions.list().data
    assert [(movement.type, movement.net) for movement in movements] == [("refund", -1), ("charge", 9_826)]
    assert [found.id for found in client.v1.balance_transactions.list({"source": charge.id}).data] == [booked.id]
    simulator.control("POST", "/advance", {"seconds": 3 * 86_400})
    assert client.v1.balance_transactions.retrieve(booked.id).status == "available"
    assert "charge.updated" in event_types(client)


@pytest.mark.parametrize(("outcome", "balance"), [("won", -2_000), ("lost", -3_250)])
def test_a_dispute_is_opened_and_decided(
    client: stripe.StripeClient, simulator: SimulatorProcess, outcome: str, balance: int
) -> None:
    intent = paid(client, "pm_card_createDispute")
    simulator.control("POST", "/advance", {"seconds": 1})
    dispute = client.v1.disputes.list({"payment_intent": intent.id}).data[0]
    assert (dispute.status, dispute.reason, dispute.amount) == ("needs_response", "fraudulent", 1250)
    assert client.v1.charges.retrieve(str(intent.latest_charge)).disputed
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"

    simulator.control("POST", f"/disputes/{dispute.id}/close", {"outcome": outcome})
    dispute = client.v1.disputes.retrieve(dispute.id)
    assert dispute.status == outcome
    assert sum(movement.net for movement in dispute.balance_transactions) == balance
    types = event_types(client)
    assert {"charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.closed"} <= set(types)
    assert ("charge.dispute.funds_reinstated" in types) == (outcome == "won")


def test_a_merchant_can_accept_a_dispute(client: stripe.StripeClient, simulator: SimulatorProcess) -> None:
    paid(client, "pm_card_createDisputeProductNotReceived")
    simulator.control("POST", "/advance", {"seconds": 1})
    dispute = client.v1.disputes.list().data[0]
    assert client.v1.disputes.close(dispute.id).status == "lost"


def test_an_authorization_that_nobody_captures_expires(
    client: stripe.StripeClient, simulator: SimulatorProcess
) -> None:
    intent = client.v1.payment_intents.create(
        {
            "amount": 900,
            "currency": "eur",
            "capture_method": "manual",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "return_url": "https://parking.example/paid",
        }
    )
    simulator.control("POST", "/advance", {"seconds": 8 * 86_400})
    intent = client.v1.payment_intents.retrieve(intent.id)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "automatic")
    assert "charge.expired" in event_types(client)


def test_a_payment_can_take_its_time(client: stripe.StripeClient, simulator: SimulatorProcess) -> None:
    simulator.control("POST", "/knobs", {"processing_seconds": 600})
    accepted, declined = paid(client), paid(client, "pm_card_chargeDeclined")
    assert (accepted.status, declined.status) == ("processing", "processing")
    simulator.control("POST", "/advance", {"seconds": 600})
    assert client.v1.payment_intents.retrieve(accepted.id).status == "succeeded"
    assert client.v1.payment_intents.retrieve(declined.id).status == "requires_payment_method"
    assert event_types(client).count("payment_intent.processing") == 2
