"""Stripe's test cards and what each of them does: https://docs.stripe.com/testing."""

from dataclasses import dataclass, field
from typing import Literal

type Authentication = Literal["never", "always", "unless_set_up", "already_set_up"]


@dataclass(frozen=True, slots=True)
class Decline:
    """Why an issuer says no."""

    code: str
    decline_code: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Card:
    """One test card: `pm_card_<name>` and its number."""

    name: str
    number: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    authentication: Authentication = "never"
    refund: Literal["at_once", "pending", "fails_later"] = "at_once"
    dispute: str | None = None
    names: tuple[str, ...] = field(default=())

    @property
    def last4(self) -> str:
        """The digits that may be shown."""
        return self.number[-4:]


def declined(decline_code: str, message: str = "Your card was declined.", code: str = "card_declined") -> Decline:
    """A decline of the general kind."""
    return Decline(code, decline_code, message)


GENERIC = declined("generic_decline")
INSUFFICIENT = declined("insufficient_funds", "Your card has insufficient funds.")
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.")
INCORRECT_CVC = Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.")
PROCESSING = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
)
AUTHENTICATION_REQUIRED = Decline(
    "authentication_required",
    "authentication_required",
    "Your card was declined. This transaction requires authentication.",
)
# A number that is no test card: Stripe's test mode declines it.
NOT_A_TEST_CARD = declined(
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of valid test "
    "cards, visit: https://stripe.com/docs/testing.",
)

CARDS = (
    Card("visa", "4242424242424242"),
    Card("visa_debit", "4000056655665556", funding="debit"),
    Card("mastercard", "5555555555554444", brand="mastercard"),
    Card("mastercard_debit", "5200828282828210", brand="mastercard", funding="debit"),
    Card("amex", "378282246310005", brand="amex"),
    Card("discover", "6011111111111117", brand="discover"),
    Card("jcb", "3566002020360505", brand="jcb"),
    Card("at", "4000000400000008", country="AT"),
    Card("de", "4000002760000016", country="DE"),
    Card("fr", "4000002500000003", country="FR"),
    Card("gb", "4000008260000000", country="GB"),
    Card("ch", "4000007560000009", country="CH"),
    Card("bypassPending", "4000000000000077"),
    Card("chargeDeclined", "4000000000000002", decline=GENERIC, names=("visa_chargeDeclined",)),
    Card(
        "chargeDeclinedInsufficientFunds",
        "4000000000009995",
        decline=INSUFFICIENT,
        names=("visa_chargeDeclinedInsufficientFunds",),
    ),
    Card("chargeDeclinedLostCard", "4000000000009987", decline=declined("lost_card")),
    Card("chargeDeclinedStolenCard", "4000000000009979", decline=declined("stolen_card")),
    Card("chargeDeclinedExpiredCard", "4000000000000069", decline=EXPIRED, names=("visa_chargeDeclinedExpiredCard",)),
    Card(
        "chargeDeclinedIncorrectCvc",
        "4000000000000127",
        decline=INCORRECT_CVC,
        names=("visa_chargeDeclinedIncorrectCvc",),
    ),
    Card(
        "chargeDeclinedProcessingError",
        "4000000000000119",
        decline=PROCESSING,
        names=("visa_chargeDeclinedProcessingError",),
    ),
    Card("chargeDeclinedFraudulent", "4100000000000019", decline=declined("fraudulent")),
    Card("chargeCustomerFail", "4000000000000341", decline=GENERIC),
    Card("threeDSecure2Required", "4000000000003220", authentication="always"),
    Card("threeDSecureRequired", "4000000000003063", authentication="always"),
    Card("threeDSecureRequiredChargeDeclined", "4000008400001629", authentication="always", decline=GENERIC),
    Card("threeDSecureOptional", "4000000000003055"),
    Card("authenticationRequired", "4000002760003184", country="DE", authentication="always"),
    Card("authenticationRequiredOnSetup", "4000002500003155", country="FR", authentication="unless_set_up"),
    Card(
        "authenticationRequiredSetupForOffSession",
        "4000003800000446",
        country="IT",
        authentication="already_set_up",
    ),
    Card(
        "authenticationRequiredChargeDeclinedInsufficientFunds",
        "4000008260003178",
        country="GB",
        authentication="always",
        decline=INSUFFICIENT,
    ),
    Card("pendingRefund", "4000000000007726", refund="pending"),
    Card("refundFail", "4000000000005126", refund="fails_later"),
    Card("createDispute", "4000000000000259", dispute="fraudulent"),
    Card("createDisputeProductNotReceived", "4000000000002685", dispute="product_not_received"),
)
BY_NAME = {name: card for card in CARDS for name in (card.name, *card.names)}
BY_NUMBER = {card.number: card for card in CARDS}


def by_payment_method(payment_method: str) -> Card | None:
    """The card behind `pm_card_...`, Stripe's names for payment methods made of test cards."""
    return BY_NAME.get(payment_method.removeprefix("pm_card_")) if payment_method.startswith("pm_card_") else None


def by_token(token: str) -> Card | None:
    """The card behind `tok_...`."""
    return BY_NAME.get(token.removeprefix("tok_")) if token.startswith("tok_") else None


def by_number(number: str) -> Card:
    """The card with a number; any other number is declined, as a real card is in test mode."""
    digits = number.replace(" ", "")
    return BY_NUMBER.get(digits) or Card("unknown", "0" * 12 + digits[-4:], decline=NOT_A_TEST_CARD)
