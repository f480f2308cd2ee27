"""Refunds: never more than was captured, some of them settled or undone later."""

from stripe_simulator import balance_transactions, charges, disputes
from stripe_simulator.account import Account, Body, merge_metadata, new_id
from stripe_simulator.calls import Call, Operation
from stripe_simulator.currencies import check_fraction, spoken
from stripe_simulator.errors import invalid, refused
from stripe_simulator.lists import page
from stripe_simulator.parameters import EXPAND, PAGE, Choice, Form, Integer, Metadata, Text


def create(call: Call) -> Body:
    """POST /v1/refunds, of a payment intent or of a charge, in whole or in part."""
    account = call.account
    charge = charge_to_refund(call)
    amount = check_fraction(refundable(account, charge, call.get("amount")), charge["currency"])
    card = charges.card_of(account, charge)
    refund: Body = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": account.now(),
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {"card": {"type": "refund", "reference_status": "pending"}, "type": "card"},
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": call.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if card.refund == "pending" else "succeeded",
        "transfer_reversal": None,
    }
    if refund["status"] == "pending":
        refund["pending_reason"] = "processing"
    merge_metadata(refund, call.get("metadata", {}))
    booked = balance_transactions.record(account, "refund", refund, -amount)
    refund["balance_transaction"] = booked["id"]
    account.insert(refund)
    take_back(account, charge, amount)
    account.emit("refund.created", refund)
    if card.refund != "at_once":
        account.later(f"refund_{card.refund}", refund["id"], account.settings.settle_seconds)
    return refund


def charge_to_refund(call: Call) -> Body:
    """The charge that the parameters name."""
    if charge := call.get("charge"):
        return call.account.get("charge", charge, "charge", 400)
    if not call.get("payment_intent"):
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise refused(message, code="parameter_missing")
    intent = call.account.get("payment_intent", call["payment_intent"], "payment_intent", 400)
    if intent["status"] != "succeeded":
        message = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
        raise invalid(message, param="payment_intent")
    return call.account.get("charge", intent["latest_charge"], "charge", 400)


def refundable(account: Account, charge: Body, amount: int | None) -> int:
    """How much to refund; raises when that is more than is left."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if not charge["captured"]:
        raise invalid(
            "Charges that are not captured cannot be refunded here: cancel the PaymentIntent.", param="charge"
        )
    if disputes.is_open_or_lost(account, charge["id"]):
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise invalid(message, code="charge_disputed")
    if left <= 0:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    if amount is not None and amount > left:
        currency = charge["currency"]
        message = (
            f"Refund amount ({spoken(amount, currency)}) is greater than unrefunded amount on charge "
            f"({spoken(left, currency)})"
        )
        raise invalid(message, param="amount")
    return left if amount is None else amount


def take_back(account: Account, charge: Body, amount: int) -> None:
    """Count an amount, which is negative for a refund that failed, as refunded."""
    previous = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    account.save(charge)
    account.emit("charge.refunded" if amount > 0 else "charge.updated", charge, previous)


def succeed_later(account: Account, refund_id: str) -> None:
    """A pending refund arrives."""
    refund = account.find(refund_id)
    if refund is not None and refund["status"] == "pending":
        refund["status"] = "succeeded"
        refund.pop("pending_reason", None)
        account.save(refund)
        emit_update(account, refund, "pending")


def fail_later(account: Account, refund_id: str) -> None:
    """A refund that had succeeded comes back: the money is in the account again."""
    refund = account.find(refund_id)
    if refund is None or refund["status"] != "succeeded":
        return
    returned = balance_transactions.record(account, "refund_failure", refund, refund["amount"], at_once=True)
    refund |= {
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
        "failure_balance_transaction": returned["id"],
    }
    account.save(refund)
    charge = account.get("charge", refund["charge"], "charge")
    take_back(account, charge, -refund["amount"])
    emit_update(account, refund, "succeeded")
    account.emit("refund.failed", refund)


def emit_update(account: Account, refund: Body, before: str) -> None:
    """Both events that Stripe sends for a refund's change."""
    for kind in ("charge.refund.updated", "refund.updated"):
        account.emit(kind, refund, {"status": before})


def retrieve(call: Call) -> Body:
    """GET /v1/refunds/{refund}."""
    return call.account.get("refund", call.path["refund"], "id")


def update(call: Call) -> Body:
    """POST /v1/refunds/{refund}: metadata."""
    refund = retrieve(call)
    if "metadata" in call.parameters:
        merge_metadata(refund, call["metadata"])
        call.account.save(refund)
        call.account.emit("refund.updated", refund)
    return refund


def listed(call: Call) -> Body:
    """GET /v1/refunds."""
    return page(call.account, "refund", "/v1/refunds", call.parameters)


CREATE = Form(
    {
        "payment_intent": Text(),
        "charge": Text(),
        "amount": Integer(least=1),
        "reason": Choice(("duplicate", "fraudulent", "requested_by_customer")),
        "metadata": Metadata(),
        **EXPAND,
    }
)
OPERATIONS = (
    Operation("POST", "/v1/refunds", CREATE, create),
    Operation("GET", "/v1/refunds", Form({**PAGE, "charge": Text(), "payment_intent": Text()}), listed),
    Operation("GET", "/v1/refunds/{refund}", Form(EXPAND), retrieve),
    Operation("POST", "/v1/refunds/{refund}", Form({"metadata": Metadata(), **EXPAND}), update),
)
