"""Disputes: opened by the test cards made for it, closed by the merchant who gives in or by a knob."""

from stripe_simulator import balance_transactions, charges
from stripe_simulator.account import Account, Body, merge_metadata, new_id
from stripe_simulator.calls import Call, Operation
from stripe_simulator.errors import invalid
from stripe_simulator.lists import page
from stripe_simulator.parameters import EXPAND, PAGE, Form, Metadata, Text

EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip
CLOSED = ("won", "lost")
DAYS_TO_ANSWER = 9
DAY = 86_400


def open_dispute(account: Account, charge_id: str) -> None:
    """The cardholder disputes a charge: the money and a fee go at once."""
    charge = account.find(charge_id)
    if charge is None:
        return
    card = charges.card_of(account, charge)
    details = {"brand": card.brand, "case_type": "chargeback", "network": card.brand, "network_reason_code": "10.4"}
    dispute: Body = {
        "id": new_id("dp"),
        "object": "dispute",
        "amount": charge["amount_captured"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": account.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": account.now() + DAYS_TO_ANSWER * DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {"card": details, "type": "card"},
        "reason": card.dispute,
        "status": "needs_response",
    }
    account.insert(dispute)
    charge["disputed"] = True
    account.save(charge)
    account.emit("charge.dispute.created", dispute)
    move(account, dispute, -dispute["amount"], balance_transactions.DISPUTE_FEE)
    account.emit("charge.dispute.funds_withdrawn", dispute)


def move(account: Account, dispute: Body, amount: int, fee: int) -> None:
    """Book money that a dispute takes or gives back."""
    booked = balance_transactions.record(account, "adjustment", dispute, amount, fee, at_once=True)
    dispute["balance_transactions"].append(booked)
    account.save(dispute)


def close_with(account: Account, dispute: Body, outcome: str) -> Body:
    """The network decides; a dispute that is won gives the money back."""
    if dispute["status"] in CLOSED:
        raise invalid("This dispute is already closed.", code="charge_disputed")
    previous = {"status": dispute["status"]}
    dispute["status"] = outcome
    account.save(dispute)
    if outcome == "won":
        move(account, dispute, dispute["amount"], 0)
        account.emit("charge.dispute.funds_reinstated", dispute)
    account.emit("charge.dispute.closed", dispute, previous)
    return dispute


def is_open_or_lost(account: Account, charge_id: str) -> bool:
    """Whether a dispute keeps a charge from being refunded."""
    found = account.select("kind = 'dispute' AND json_extract(body, '$.charge') = ?", charge_id)
    return any(dispute["status"] != "won" for dispute in found)


def retrieve(call: Call) -> Body:
    """GET /v1/disputes/{dispute}."""
    return call.account.get("dispute", call.path["dispute"], "dispute")


def update(call: Call) -> Body:
    """POST /v1/disputes/{dispute}: metadata only; evidence is not simulated."""
    dispute = retrieve(call)
    if "metadata" in call.parameters:
        merge_metadata(dispute, call["metadata"])
        call.account.save(dispute)
        call.account.emit("charge.dispute.updated", dispute)
    return dispute


def close(call: Call) -> Body:
    """POST /v1/disputes/{dispute}/close: the merchant gives in."""
    return close_with(call.account, retrieve(call), "lost")


def listed(call: Call) -> Body:
    """GET /v1/disputes."""
    return page(call.account, "dispute", "/v1/disputes", call.parameters)


OPERATIONS = (
    Operation("GET", "/v1/disputes/{dispute}", Form(EXPAND), retrieve),
    Operation("POST", "/v1/disputes/{dispute}", Form({"metadata": Metadata(), **EXPAND}), update),
    Operation("POST", "/v1/disputes/{dispute}/close", Form(EXPAND), close),
    Operation("GET", "/v1/disputes", Form({**PAGE, "charge": Text(), "payment_intent": Text()}), listed),
)
