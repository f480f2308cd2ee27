"""Payment methods: cards, made of Stripe's test cards by name, by token or by number."""

import hashlib
from typing import Any

from stripe_simulator import cards
from stripe_simulator.account import Account, Body, merge_metadata, new_id
from stripe_simulator.calls import Call, Operation
from stripe_simulator.cards import Card
from stripe_simulator.errors import StripeError, invalid, no_such, refused
from stripe_simulator.lists import page
from stripe_simulator.parameters import ADDRESS, EXPAND, PAGE, Choice, Form, Integer, Kind, Metadata, Text

CARD = Form({"number": Text(), "exp_month": Integer(), "exp_year": Integer(), "cvc": Text(), "token": Text()})
BILLING = Form({"name": Text(unsets=True), "email": Text(unsets=True), "phone": Text(unsets=True), "address": ADDRESS})
DATA: dict[str, Kind] = {
    "type": Choice(("card",)),
    "card": CARD,
    "billing_details": BILLING,
    "metadata": Metadata(),
    "allow_redisplay": Choice(("always", "limited", "unspecified")),
}
NOT_REUSABLE = (
    "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a "
    "connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use "
    "a PaymentMethod multiple times, you must attach it to a Customer first."
)


def make(account: Account, card: Card, data: dict[str, Any], *, expiry: tuple[int, int] = (12, 2034)) -> Body:
    """A new payment method of a test card."""
    given = data.get("billing_details", {})
    lines = given.get("address") or {}
    method = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": data.get("allow_redisplay", "unspecified"),
        "billing_details": {
            "address": {name: lines.get(name) for name in ADDRESS.fields},
            **{name: given.get(name) for name in ("email", "name", "phone", "tax_id")},
        },
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": card.country,
            "display_brand": card.brand,
            "exp_month": expiry[0],
            "exp_year": expiry[1],
            "fingerprint": hashlib.sha256(card.number.encode()).hexdigest()[:16],
            "funding": card.funding,
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": account.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
    merge_metadata(method, data.get("metadata", {}))
    return account.insert(method, card=card.name, number=card.number)


def from_data(account: Account, data: dict[str, Any]) -> Body:
    """A payment method of `payment_method_data`, or of the parameters that make one."""
    given = data.get("card", {})
    if token := given.get("token"):
        card = cards.by_token(token)
        if card is None:
            raise no_such("token", token, "card[token]", 400)
        return make(account, card, data)
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise refused(f"Missing required param: card[{name}].", code="parameter_missing", param=f"card[{name}]")
    check_expiry(account, given["exp_month"], given["exp_year"])
    year = given["exp_year"] + (2000 if given["exp_year"] < 100 else 0)  # noqa: PLR2004 -- a year of two digits
    return make(account, cards.by_number(given["number"]), data, expiry=(given["exp_month"], year))


def check_expiry(account: Account, month: int, year: int) -> None:
    """Refuse a date that lies behind the account's clock, as Stripe does before it asks the issuer."""
    if not 1 <= month <= 12:  # noqa: PLR2004 -- months
        raise card_error("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    seconds_of_a_year = 31_556_952
    current = 1970 + account.now() // seconds_of_a_year
    if (year if year > 99 else 2000 + year) < current:  # noqa: PLR2004 -- a year of two digits
        raise card_error("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")


def card_error(code: str, message: str, param: str) -> StripeError:
    """What is wrong with a card by itself."""
    return StripeError(402, "card_error", message, code=code, param=param)


def resolve(account: Account, method: str, param: str = "payment_method") -> Body:
    """A payment method by its id; Stripe's names for test cards make a new one each time."""
    card = cards.by_payment_method(method)
    if card is not None:
        return make(account, card, {})
    return account.get("payment_method", method, param, 400)


def card_of(account: Account, method: Body) -> Card:
    """The test card that a payment method was made of."""
    hidden = account.hidden(method["id"])
    return cards.BY_NAME.get(hidden["card"]) or cards.by_number(hidden["number"])


def check_usable(account: Account, method: Body, customer: str | None) -> None:
    """Raise unless a payment of this customer may use the method."""
    if method["customer"] is None and account.hidden(method["id"]).get("used"):
        raise invalid(NOT_REUSABLE)
    if method["customer"] is not None and method["customer"] != customer:
        owner = f"The PaymentMethod {method['id']} belongs to the Customer {method['customer']}."
        raise invalid(f"{owner} Please include the Customer in the `customer` parameter.", param="payment_method")


def attach_to(account: Account, method_id: str, customer: str) -> Body:
    """Let a customer keep a payment method."""
    method = resolve(account, method_id)
    if method["customer"] not in (None, customer):
        raise invalid("The payment method you provided has already been attached to a customer.")
    if method["customer"] is None and account.hidden(method["id"]).get("used"):
        raise invalid(NOT_REUSABLE)
    method["customer"] = customer
    account.save(method)
    account.emit("payment_method.attached", method)
    return method


def detach_from_customer(account: Account, method: Body) -> Body:
    """Take a payment method from its customer; it can never be used again."""
    previous = {"customer": method["customer"]}
    method["customer"] = None
    account.save(method)
    account.hide(method["id"], used=True)
    account.emit("payment_method.detached", method, previous)
    return method


def of_customer(account: Account, customer: str) -> list[Body]:
    """All payment methods that a customer keeps."""
    return account.select("kind = 'payment_method' AND json_extract(body, '$.customer') = ?", customer, limit=1_000_000)


def create(call: Call) -> Body:
    """POST /v1/payment_methods."""
    return from_data(call.account, call.parameters)


def retrieve(call: Call) -> Body:
    """GET /v1/payment_methods/{payment_method}."""
    return resolve(call.account, call.path["payment_method"])


def attach(call: Call) -> Body:
    """POST /v1/payment_methods/{payment_method}/attach."""
    customer = call.account.get("customer", call["customer"], "customer", 400)
    if customer.get("deleted"):
        raise no_such("customer", call["customer"], "customer", 400)
    return attach_to(call.account, call.path["payment_method"], customer["id"])


def detach(call: Call) -> Body:
    """POST /v1/payment_methods/{payment_method}/detach."""
    method = call.account.get("payment_method", call.path["payment_method"], "payment_method")
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    return detach_from_customer(call.account, method)


def listed(call: Call) -> Body:
    """GET /v1/payment_methods."""
    return page(call.account, "payment_method", "/v1/payment_methods", call.parameters)


OPERATIONS = (
    Operation("POST", "/v1/payment_methods", Form({**DATA, **EXPAND}, ("type",)), create, for_browsers=True),
    Operation(
        "GET",
        "/v1/payment_methods",
        Form({**{name: kind for name, kind in PAGE.items() if name != "created"}, "customer": Text(), "type": Text()}),
        listed,
    ),
    Operation("GET", "/v1/payment_methods/{payment_method}", Form(EXPAND), retrieve),
    Operation(
        "POST",
        "/v1/payment_methods/{payment_method}/attach",
        Form({"customer": Text(), **EXPAND}, ("customer",)),
        attach,
    ),
    Operation("POST", "/v1/payment_methods/{payment_method}/detach", Form(EXPAND), detach),
)
