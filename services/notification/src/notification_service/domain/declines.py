"""Why a payment did not go through, in words that its driver understands.

The codes are Stripe's decline codes and error codes (https://docs.stripe.com/declines/codes). A card that is reported
lost or stolen, or taken for fraud, is declined in the general words: Stripe asks to disclose nothing of that.
"""

GENERAL = "The bank declined the payment and gave no reason. It can tell you why."

_ASK_THE_BANK = "The bank declined the payment. Please ask it why, or take another card."
_MONEY = "There is not enough money on the card or account."
_EXPIRED = "The card has expired."
_NUMBER = "The card number is not right."
_CVC = "The security code of the card is not right."
_DATE = "The expiry date of the card is not right."
_PIN = "The PIN is not right."
_TRIES = "The PIN was wrong too often."
_ADDRESS = "The postal code does not fit the card."
_AUTHENTICATION = "The bank wanted you to confirm the payment, and that did not succeed."
_USED_UP = "The card has reached its limit."
_UNSUITABLE = "The card cannot be used for such a payment."
_CURRENCY = "The card cannot be used in this currency."
_AMOUNT = "The amount is more than the card may pay at once."
_TWICE = "The bank took it for a payment that was made a moment ago. Please look whether you have paid already."
_ABSENT = "The bank did not answer."
_ERROR = "An error occurred while the payment was processed."
_ACCOUNT = "The card, or the account behind it, is not valid any more."
_WITHDRAWN = "The card's owner has stopped payments of this kind at the bank."

_WORDS = {
    "amount_too_large": _AMOUNT,
    "approve_with_id": _ABSENT,
    "authentication_not_handled": _AUTHENTICATION,
    "authentication_required": _AUTHENTICATION,
    "call_issuer": _ASK_THE_BANK,
    "card_decline_rate_limit_exceeded": "The card was declined too often. It can be tried again after a day.",
    "card_not_supported": _UNSUITABLE,
    "card_velocity_exceeded": _USED_UP,
    "currency_not_supported": _CURRENCY,
    "do_not_honor": _ASK_THE_BANK,
    "do_not_try_again": _ASK_THE_BANK,
    "duplicate_transaction": _TWICE,
    "expired_card": _EXPIRED,
    "incorrect_address": "The address does not fit the card.",
    "incorrect_cvc": _CVC,
    "incorrect_number": _NUMBER,
    "incorrect_pin": _PIN,
    "incorrect_zip": _ADDRESS,
    "insufficient_funds": _MONEY,
    "invalid_account": _ACCOUNT,
    "invalid_amount": _AMOUNT,
    "invalid_cvc": _CVC,
    "invalid_expiry_month": _DATE,
    "invalid_expiry_year": _DATE,
    "invalid_number": _NUMBER,
    "invalid_pin": _PIN,
    "issuer_not_available": _ABSENT,
    "new_account_information_available": _ACCOUNT,
    "not_permitted": _UNSUITABLE,
    "offline_pin_required": _AUTHENTICATION,
    "online_or_offline_pin_required": _AUTHENTICATION,
    "payment_intent_authentication_failure": _AUTHENTICATION,
    "payment_method_customer_decline": "You declined the payment at your bank or wallet.",
    "payment_method_provider_timeout": _ABSENT,
    "pin_try_exceeded": _TRIES,
    "processing_error": _ERROR,
    "reenter_transaction": _ERROR,
    "revocation_of_all_authorizations": _WITHDRAWN,
    "revocation_of_authorization": _WITHDRAWN,
    "service_not_allowed": _UNSUITABLE,
    "stop_payment_order": _WITHDRAWN,
    "transaction_not_allowed": _UNSUITABLE,
    "try_again_later": _ABSENT,
    "withdrawal_count_limit_exceeded": _USED_UP,
}


def in_words(code: str | None) -> str:
    """The sentence for a code; the general one where a code is unknown, says nothing, or must not be disclosed."""
    return _WORDS.get(code or "", GENERAL)
