"""Payment intents: everything but the confirmation itself, which confirmation.py does."""

import secrets
from typing import Any

from stripe_simulator import charges, customers, payment_methods
from stripe_simulator.account import Account, Body, merge_metadata, new_id
from stripe_simulator.calls import Call, Operation
from stripe_simulator.confirmation import confirm, unexpected_state
from stripe_simulator.currencies import check_amount, check_currency
from stripe_simulator.errors import invalid, missing_parameter, refused
from stripe_simulator.lists import page
from stripe_simulator.parameters import EXPAND, PAGE, Boolean, Choice, Form, Integer, Kind, Metadata, Text, Texts

PLAIN = ("description", "receipt_email", "setup_future_usage", "statement_descriptor_suffix", "transfer_group")
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action")
# What a publishable key is shown: https://docs.stripe.com/api/payment_intents/object, the fields that name it.
FOR_BROWSERS = (
    "id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at", "cancellation_reason",
    "capture_method", "client_secret", "confirmation_method", "created", "currency", "description",
    "last_payment_error", "livemode", "next_action", "payment_method", "payment_method_configuration_details",
    "payment_method_types", "processing", "receipt_email", "setup_future_usage", "shipping", "status",
)  # fmt: skip
CONFIRMATION: dict[str, Kind] = {
    "payment_method": Text(),
    "payment_method_data": Form(payment_methods.DATA, ("type",)),
    "return_url": Text(),
    "off_session": Choice(("true", "false", "one_off", "recurring")),
    "use_stripe_sdk": Boolean(),
    "error_on_requires_action": Boolean(),
}
WITH_CONFIRM_ONLY = ("return_url", "off_session", "error_on_requires_action")
OPTIONS = Form({"card": Form({"request_three_d_secure": Choice(("any", "automatic", "challenge"))})})
FIELDS: dict[str, Kind] = {
    "amount": Integer(),
    "currency": Text(),
    "customer": Text(),
    "description": Text(1_000, unsets=True),
    "metadata": Metadata(),
    "payment_method": Text(unsets=True),
    "payment_method_options": OPTIONS,
    "receipt_email": Text(800, unsets=True),
    "setup_future_usage": Choice(("off_session", "on_session")),
    "statement_descriptor_suffix": Text(22),
    "transfer_group": Text(),
    **EXPAND,
}
CREATION: dict[str, Kind] = {
    **FIELDS,
    **CONFIRMATION,
    "confirm": Boolean(),
    "capture_method": Choice(("automatic", "automatic_async", "manual")),
    "confirmation_method": Choice(("automatic", "manual")),
    "automatic_payment_methods": Form(
        {"enabled": Boolean(), "allow_redirects": Choice(("always", "never"))}, ("enabled",)
    ),
    "payment_method_types": Texts(),
}


def create(call: Call) -> Body:
    """POST /v1/payment_intents, confirming at once with `confirm=true`."""
    intent = new_intent(call)
    write(call, intent)
    call.account.insert(intent)
    call.account.emit("payment_intent.created", intent)
    if call.get("confirm"):
        given = {name: value for name, value in call.parameters.items() if name != "payment_method"}
        return confirm(call.account, intent, given, by_browser=False)
    for name in WITH_CONFIRM_ONLY:
        if name in call.parameters:
            raise refused(f"You can only provide `{name}` when `confirm` is true.", param=name)
    return intent


def new_intent(call: Call) -> Body:
    """An intent with its amount, and nothing yet that may be changed."""
    intent_id = new_id("pi")
    currency = check_currency(call["currency"])
    automatic, types = ways_to_pay(call)
    options = {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
    return {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": None,
        "amount": check_amount(call["amount"], currency),
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": automatic,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": call.get("capture_method", "automatic_async"),
        "client_secret": f"{intent_id}_secret_{secrets.token_hex(13)}",
        "confirmation_method": call.get("confirmation_method", "automatic"),
        "created": call.account.now(),
        "currency": currency,
        "customer": None,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": {"id": "pmc_simulator", "parent": None} if automatic else None,
        "payment_method_options": {"card": options},
        "payment_method_types": types,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def ways_to_pay(call: Call) -> tuple[Body | None, list[str]]:
    """Either the payment methods of the dashboard, which is the default, or those that are listed."""
    automatic, types = call.get("automatic_payment_methods"), call.get("payment_method_types")
    if types is None:
        if automatic is not None and not automatic["enabled"]:
            return None, ["card"]
        return {"allow_redirects": "always", **(automatic or {}), "enabled": True}, ["card"]
    if automatic is not None and automatic["enabled"]:
        message = "You may only specify one of these parameters: automatic_payment_methods, payment_method_types."
        raise refused(message)
    for name in types:
        if name != "card":
            message = f"The payment method type provided: {name} is invalid. This simulator simulates cards."
            raise refused(message, param="payment_method_types", code="payment_intent_invalid_parameter")
    return None, types


def write(call: Call, intent: Body) -> None:
    """Take over the parameters that may be given at creation and changed later."""
    account = call.account
    intent |= call.named(*PLAIN)
    if "metadata" in call.parameters:
        merge_metadata(intent, call["metadata"])
    if customer := call.get("customer"):
        intent["customer"] = customers.living(account, customer)["id"]
    if options := call.get("payment_method_options"):
        intent["payment_method_options"]["card"] |= options.get("card", {})
    if method_id := call.get("payment_method"):
        method = payment_methods.resolve(account, method_id)
        payment_methods.check_usable(account, method, intent["customer"])
        intent["payment_method"] = method["id"]
    if intent["status"] in OPEN and {"payment_method", "amount"} & call.parameters.keys():
        intent["next_action"] = None
        intent["status"] = "requires_confirmation" if intent["payment_method"] else "requires_payment_method"


def existing(call: Call) -> Body:
    """The intent of the path; a browser has to know its client secret."""
    intent = call.account.get("payment_intent", call.path["intent"], "intent")
    secret = call.get("client_secret")
    if secret is None:
        if call.by_browser:
            raise missing_parameter("client_secret")
    elif not secrets.compare_digest(secret.encode(), intent["client_secret"].encode()):
        message = "The client_secret provided does not match the client_secret associated with the PaymentIntent."
        raise invalid(message, code="payment_intent_invalid_parameter", param="client_secret")
    return intent


def shown(call: Call, intent: Body) -> Body:
    """The answer: all of it, or what a browser may see."""
    return {name: intent[name] for name in FOR_BROWSERS} if call.by_browser else intent


def retrieve(call: Call) -> Body:
    """GET /v1/payment_intents/{intent}."""
    return shown(call, existing(call))


def update(call: Call) -> Body:
    """POST /v1/payment_intents/{intent}: the money only before it is confirmed, metadata always."""
    intent = existing(call)
    changed: dict[str, Any] = call.named("amount", "currency")
    frozen = {*changed, *call.named("customer", "payment_method", "setup_future_usage")}
    if frozen and intent["status"] not in OPEN:
        name = sorted(frozen)[0]
        message = (
            f"This PaymentIntent's {name} could not be updated because it has a status of {intent['status']}. You may "
            f"only update the {name} of a PaymentIntent with one of the following statuses: {', '.join(OPEN)}."
        )
        raise unexpected_state(intent, message)
    if changed:
        intent["currency"] = check_currency(call.get("currency", intent["currency"]))
        intent["amount"] = check_amount(call.get("amount", intent["amount"]), intent["currency"])
    write(call, intent)
    return call.account.save(intent)


def confirmed(call: Call) -> Body:
    """POST /v1/payment_intents/{intent}/confirm."""
    intent = existing(call)
    if call.by_browser and intent["confirmation_method"] == "manual":
        message = (
            "This PaymentIntent's confirmation_method is manual: only your server can confirm it, with a secret key."
        )
        raise unexpected_state(intent, message)
    return shown(call, confirm(call.account, intent, call.parameters, by_browser=call.by_browser))


def cancel(call: Call) -> Body:
    """POST /v1/payment_intents/{intent}/cancel."""
    intent = existing(call)
    if intent["status"] not in CANCELABLE:
        message = (
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            f"with one of the following statuses may be canceled: {', '.join(CANCELABLE)}."
        )
        raise unexpected_state(intent, message)
    return close(call.account, intent, call.get("cancellation_reason"))


def close(account: Account, intent: Body, reason: str | None, *, expired: bool = False) -> Body:
    """Cancel, and release money that was only held."""
    if intent["status"] == "requires_capture":
        charge = account.get("charge", intent["latest_charge"], "charge")
        charge |= {"amount_refunded": charge["amount"], "refunded": True}
        account.save(charge)
        account.emit("charge.expired" if expired else "charge.refunded", charge)
    intent |= {"status": "canceled", "canceled_at": account.now(), "cancellation_reason": reason}
    intent |= {"amount_capturable": 0, "next_action": None}
    account.save(intent)
    account.emit("payment_intent.canceled", intent)
    return intent


def expire_authorization(account: Account, intent_id: str) -> None:
    """The later part: an authorization that nobody captured in time."""
    intent = account.find(intent_id)
    if intent is not None and intent["status"] == "requires_capture":
        close(account, intent, "automatic", expired=True)


def capture(call: Call) -> Body:
    """POST /v1/payment_intents/{intent}/capture, in whole or in part; the rest is released."""
    account, intent = call.account, existing(call)
    if intent["status"] != "requires_capture":
        message = (
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a "
            "PaymentIntent with one of the following statuses may be captured: requires_capture."
        )
        raise unexpected_state(intent, message)
    amount = call.get("amount_to_capture", intent["amount_capturable"])
    if amount > intent["amount_capturable"]:
        message = "The payment could not be captured: the requested amount is greater than the amount you can capture."
        raise invalid(message, code="amount_too_large", param="amount_to_capture")
    charge = account.get("charge", intent["latest_charge"], "charge")
    charges.settle(account, charge, charges.card_of(account, charge), amount, at_once=True)
    account.emit("charge.captured", charge)
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": amount}
    account.save(intent)
    account.emit("payment_intent.succeeded", intent)
    return intent


def listed(call: Call) -> Body:
    """GET /v1/payment_intents."""
    return page(call.account, "payment_intent", "/v1/payment_intents", call.parameters)


SECRET: dict[str, Kind] = {"client_secret": Text()}
CONFIRM = Form(
    {
        **CONFIRMATION,
        **SECRET,
        **EXPAND,
        "receipt_email": FIELDS["receipt_email"],
        "setup_future_usage": FIELDS["setup_future_usage"],
        "payment_method_options": OPTIONS,
    }
)
CANCEL = Form(
    {"cancellation_reason": Choice(("abandoned", "duplicate", "fraudulent", "requested_by_customer")), **EXPAND}
)
ONE = "/v1/payment_intents/{intent}"
OPERATIONS = (
    Operation("POST", "/v1/payment_intents", Form(CREATION, ("amount", "currency")), create),
    Operation("GET", "/v1/payment_intents", Form({**PAGE, "customer": Text()}), listed),
    Operation("GET", ONE, Form({**SECRET, **EXPAND}), retrieve, for_browsers=True),
    Operation("POST", ONE, Form(FIELDS), update),
    Operation("POST", f"{ONE}/confirm", CONFIRM, confirmed, for_browsers=True),
    Operation("POST", f"{ONE}/cancel", CANCEL, cancel),
    Operation("POST", f"{ONE}/capture", Form({"amount_to_capture": Integer(least=1), **EXPAND}), capture),
)
