"""Charges: made by confirming a payment intent, never by themselves."""

from stripe_simulator import balance_transactions
from stripe_simulator.account import Account, Body, merge_metadata, new_id
from stripe_simulator.calls import Call, Operation
from stripe_simulator.cards import AUTHENTICATION_REQUIRED, BY_NAME, NOT_A_TEST_CARD, Card, Decline
from stripe_simulator.lists import page
from stripe_simulator.parameters import EXPAND, PAGE, Form, Metadata, Text

AUTHORIZATION_DAYS = 7
DAY = 86_400
DESCRIPTOR = "PARKING"


def make(account: Account, intent: Body, method: Body, card: Card, *, authenticated: bool) -> Body:
    """A charge of a payment intent, its outcome still open."""
    now = account.now()
    amount = intent["amount"]
    return {
        "id": new_id("ch"),
        "object": "charge",
        "amount": amount,
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": DESCRIPTOR,
        "captured": False,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": None,
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "card": details(method, card, amount, now, authenticated=authenticated),
            "type": "card",
        },
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": intent["shipping"],
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }


def details(method: Body, card: Card, amount: int, now: int, *, authenticated: bool) -> Body:
    """What is known of the card at the time of the charge."""
    shown = method["card"]
    three_d_secure = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": None,
        "version": "2.2.0",
    }
    return {
        "amount_authorized": amount,
        "authorization_code": None,
        "brand": card.brand,
        "capture_before": now + AUTHORIZATION_DAYS * DAY,
        "checks": shown["checks"],
        "country": card.country,
        "exp_month": shown["exp_month"],
        "exp_year": shown["exp_year"],
        "extended_authorization": {"status": "disabled"},
        "fingerprint": shown["fingerprint"],
        "funding": card.funding,
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "last4": card.last4,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card.brand,
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": three_d_secure if authenticated else None,
        "transaction_link_id": None,
        "wallet": None,
    }


def outcome(decline: Decline | None) -> Body:
    """What the network, or Stripe itself, said of the charge."""
    blocked = decline is not None and decline is NOT_A_TEST_CARD
    reason = decline.decline_code if decline and decline is not AUTHENTICATION_REQUIRED else None
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if decline is None else "declined_by_network",
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": "Payment complete." if decline is None else "The bank declined this payment.",
        "type": "authorized" if decline is None else "invalid" if blocked else "issuer_declined",
    }


def fail(account: Account, charge: Body, decline: Decline) -> Body:
    """The issuer said no."""
    charge |= {
        "status": "failed",
        "outcome": outcome(decline),
        "failure_code": decline.code,
        "failure_message": decline.message,
    }
    account.insert(charge)
    account.emit("charge.failed", charge)
    return charge


def succeed(account: Account, charge: Body, card: Card, capture_method: str) -> Body:
    """The issuer said yes: the money is taken, or held until it is captured."""
    charge |= {
        "status": "succeeded",
        "paid": True,
        "outcome": outcome(None),
        "receipt_url": f"{account.settings.base_url}/receipts/{charge['id']}",
    }
    account.insert(charge, card=card.name)
    if capture_method == "manual":
        account.emit("charge.succeeded", charge)
        account.later("expire_authorization", charge["payment_intent"], AUTHORIZATION_DAYS * DAY)
        return charge
    settle(account, charge, card, charge["amount"], at_once=capture_method == "automatic")
    account.emit("charge.succeeded", charge)
    return charge


def settle(account: Account, charge: Body, card: Card, amount: int, *, at_once: bool) -> None:
    """Take the money. With `automatic_async` its balance transaction comes later, with `charge.updated`."""
    charge |= {"captured": True, "amount_captured": amount}
    account.save(charge)
    if at_once:
        balance(account, charge, card)
    else:
        account.later("balance_charge", charge["id"], account.settings.settle_seconds)
    if card.dispute:
        account.later("open_dispute", charge["id"], 0)


def balance(account: Account, charge: Body, card: Card) -> None:
    """Book the charge and its fee."""
    amount = charge["amount_captured"]
    fee = balance_transactions.charge_fee(amount)
    at_once = card.name == "bypassPending"
    booked = balance_transactions.record(account, "charge", charge, amount, fee, at_once=at_once)
    charge["balance_transaction"] = booked["id"]
    account.save(charge)


def balance_later(account: Account, charge_id: str) -> None:
    """The later part of an asynchronous capture."""
    charge = account.find(charge_id)
    if charge is not None and charge["balance_transaction"] is None:
        balance(account, charge, card_of(account, charge))
        account.emit("charge.updated", charge, {"balance_transaction": None})


def card_of(account: Account, charge: Body) -> Card:
    """The test card that was charged."""
    return BY_NAME[account.hidden(charge["id"])["card"]]


def retrieve(call: Call) -> Body:
    """GET /v1/charges/{charge}."""
    return call.account.get("charge", call.path["charge"], "id")


def update(call: Call) -> Body:
    """POST /v1/charges/{charge}."""
    charge = retrieve(call)
    charge |= call.named("description")
    if "metadata" in call.parameters:
        merge_metadata(charge, call["metadata"])
    call.account.save(charge)
    call.account.emit("charge.updated", charge)
    return charge


def listed(call: Call) -> Body:
    """GET /v1/charges."""
    return page(call.account, "charge", "/v1/charges", call.parameters)


OPERATIONS = (
    Operation("GET", "/v1/charges/{charge}", Form(EXPAND), retrieve),
    Operation(
        "POST",
        "/v1/charges/{charge}",
        Form({"description": Text(unsets=True), "metadata": Metadata(), **EXPAND}),
        update,
    ),
    Operation(
        "GET",
        "/v1/charges",
        Form({**PAGE, "payment_intent": Text(), "customer": Text(), "transfer_group": Text()}),
        listed,
    ),
)
