"""Confirming a payment intent: authentication, then the issuer's yes or no. https://docs.stripe.com/payments/paymentintents/lifecycle"""

import secrets
from typing import Any

from stripe_simulator import charges, payment_methods
from stripe_simulator.account import Account, Body
from stripe_simulator.cards import AUTHENTICATION_REQUIRED, Card, Decline
from stripe_simulator.errors import DOCS, StripeError, invalid, refused

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
WHY_NOT = {
    "succeeded": "it has already succeeded after being previously confirmed",
    "canceled": "it has a status of canceled",
    "processing": "it has a status of processing",
    "requires_capture": "it has a status of requires_capture",
}
NO_METHOD = (
    "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
    "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method "
    "or ConfirmationToken."
)
NO_RETURN_URL = (
    "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these "
    "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want "
    "to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
    "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
)
NOT_AUTHENTICATED = (
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod "
    "to attempt to fulfill this PaymentIntent again."
)
PARAMETERS_AT_FAULT = {"expired_card": "exp_month", "incorrect_cvc": "cvc"}


def unexpected_state(intent: Body, message: str) -> StripeError:
    """The answer to a call that does not fit the intent's status."""
    return invalid(message, code="payment_intent_unexpected_state", payment_intent=intent)


def confirm(account: Account, intent: Body, given: dict[str, Any], *, by_browser: bool) -> Body:
    """Attempt the payment; raises the card error of a decline, whose effects stay."""
    if intent["status"] not in CONFIRMABLE:
        message = f"You cannot confirm this PaymentIntent because {WHY_NOT[intent['status']]}."
        raise unexpected_state(intent, message)
    off_session = given.get("off_session", "false") != "false"
    method = method_to_use(account, intent, given)
    check_return_url(intent, given, needed=not (by_browser or off_session))
    intent |= {name: given[name] for name in ("setup_future_usage", "receipt_email") if name in given}
    payment_methods.check_usable(account, method, intent["customer"])
    intent |= {"payment_method": method["id"], "last_payment_error": None, "next_action": None}
    card = payment_methods.card_of(account, method)
    if not authentication_needed(account, intent, method, card, given, off_session=off_session):
        return go_on(account, intent, method, card, authenticated=False)
    if off_session or given.get("error_on_requires_action"):
        raise fail(account, intent, method, card, AUTHENTICATION_REQUIRED)
    return ask_for_authentication(account, intent, given, by_browser=by_browser)


def method_to_use(account: Account, intent: Body, given: dict[str, Any]) -> Body:
    """The payment method of the call, else the intent's own."""
    if data := given.get("payment_method_data"):
        return payment_methods.from_data(account, data)
    method = given.get("payment_method") or intent["payment_method"]
    if method is None:
        raise unexpected_state(intent, NO_METHOD)
    return payment_methods.resolve(account, method)


def check_return_url(intent: Body, given: dict[str, Any], *, needed: bool) -> None:
    """A server that accepts any payment method has to say where a redirect comes back to."""
    automatic = intent["automatic_payment_methods"]
    may_redirect = automatic is not None and automatic.get("allow_redirects") == "always"
    if needed and may_redirect and "return_url" not in given:
        raise refused(NO_RETURN_URL)


def authentication_needed(
    account: Account, intent: Body, method: Body, card: Card, given: dict[str, Any], *, off_session: bool
) -> bool:
    """Whether the cardholder has to be asked, by the card's kind and by what it was set up for."""
    options = given.get("payment_method_options") or intent["payment_method_options"]
    if options.get("card", {}).get("request_three_d_secure") in ("any", "challenge") and not off_session:
        return True
    if card.authentication == "unless_set_up":
        return not account.hidden(method["id"]).get("set_up")
    return card.authentication == "always" or (card.authentication == "already_set_up" and not off_session)


def ask_for_authentication(account: Account, intent: Body, given: dict[str, Any], *, by_browser: bool) -> Body:
    """Hand out the 3-D Secure page's address, as a redirect or for Stripe.js to open."""
    attempt, return_url = secrets.token_hex(12), given.get("return_url")
    url = f"{account.settings.base_url}/3d_secure/{intent['id']}/{attempt}"
    account.hide(intent["id"], attempt=attempt, return_url=return_url)
    if return_url or (by_browser and not given.get("use_stripe_sdk")):
        action: Body = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
    else:
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url}}
    intent |= {"status": "requires_action", "next_action": action}
    account.save(intent)
    account.emit("payment_intent.requires_action", intent)
    return intent


def finish_authentication(account: Account, intent_id: str, attempt: str, *, passed: bool) -> Body | None:
    """What the cardholder's answer makes of the intent; an old attempt changes nothing. None for an unknown intent."""
    intent = account.find(intent_id)
    if intent is None or not is_open(account, intent, attempt):
        return intent
    method = account.get("payment_method", intent["payment_method"], "payment_method")
    intent["next_action"] = None
    if passed:
        try:
            return go_on(account, intent, method, payment_methods.card_of(account, method), authenticated=True)
        except StripeError:
            # The decline is in the intent and in its events: the browser learns it from `redirect_status`.
            return intent
    error: Body = {
        "code": "payment_intent_authentication_failure",
        "doc_url": DOCS + "payment-intent-authentication-failure",
        "message": NOT_AUTHENTICATED,
        "payment_method": method,
        "type": "invalid_request_error",
    }
    return back_to_start(account, intent, error)


def is_open(account: Account, intent: Body, attempt: str) -> bool:
    """Whether the intent still waits for this very authentication."""
    return intent["status"] == "requires_action" and secrets.compare_digest(
        account.hidden(intent["id"]).get("attempt", "").encode(), attempt.encode()
    )


def go_on(account: Account, intent: Body, method: Body, card: Card, *, authenticated: bool) -> Body:
    """Ask the issuer: now, or after a while of `processing`."""
    seconds = account.panel.knobs.processing_seconds
    if not seconds:
        return settle(account, intent, method, card, authenticated=authenticated)
    intent["status"] = "processing"
    account.save(intent)
    account.hide(intent["id"], authenticated=authenticated)
    account.emit("payment_intent.processing", intent)
    account.later("settle_payment", intent["id"], seconds)
    return intent


def settle_later(account: Account, intent_id: str) -> None:
    """The later part of a payment that was `processing`."""
    intent = account.find(intent_id)
    if intent is None or intent["status"] != "processing":
        return
    method = account.get("payment_method", intent["payment_method"], "payment_method")
    authenticated = account.hidden(intent_id).get("authenticated", False)
    try:
        settle(account, intent, method, payment_methods.card_of(account, method), authenticated=authenticated)
    except StripeError:
        # Nobody waits for an answer: the events report the decline.
        return


def settle(account: Account, intent: Body, method: Body, card: Card, *, authenticated: bool) -> Body:
    """The issuer's answer."""
    if card.decline:
        raise fail(account, intent, method, card, card.decline)
    charge = charges.make(account, intent, method, card, authenticated=authenticated)
    charges.succeed(account, charge, card, intent["capture_method"])
    intent |= {"latest_charge": charge["id"]}
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        event = "payment_intent.amount_capturable_updated"
    else:
        intent |= {"status": "succeeded", "amount_received": intent["amount"]}
        event = "payment_intent.succeeded"
    account.save(intent)
    account.emit(event, intent)
    keep_method(account, intent, method)
    return intent


def keep_method(account: Account, intent: Body, method: Body) -> None:
    """Attach the method for later where the payment asked for it; else it is used up, unless a customer has it."""
    if intent["setup_future_usage"]:
        account.hide(method["id"], set_up=True)
    if method["customer"] is None:
        if intent["customer"] and intent["setup_future_usage"]:
            payment_methods.attach_to(account, method["id"], intent["customer"])
        else:
            account.hide(method["id"], used=True)


def fail(account: Account, intent: Body, method: Body, card: Card, decline: Decline) -> StripeError:
    """Record a decline, and make the error that answers it."""
    charge = charges.fail(account, charges.make(account, intent, method, card, authenticated=False), decline)
    intent["latest_charge"] = charge["id"]
    error: Body = {"charge": charge["id"], "code": decline.code, "doc_url": DOCS + decline.code.replace("_", "-")}
    error |= {"decline_code": decline.decline_code} if decline.decline_code else {}
    error |= {"message": decline.message}
    if param := PARAMETERS_AT_FAULT.get(decline.code):
        error["param"] = param
    error |= {"payment_method": method, "type": "card_error"}
    back_to_start(account, intent, error)
    details = {name: value for name, value in error.items() if name not in ("type", "message", "code", "doc_url")}
    return StripeError(402, "card_error", decline.message, code=decline.code, payment_intent=intent, **details)


def back_to_start(account: Account, intent: Body, error: Body) -> Body:
    """The attempt failed: the intent waits for another payment method."""
    intent |= {"status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    intent["next_action"] = None
    account.save(intent)
    account.emit("payment_intent.payment_failed", intent)
    return intent
