"""Amounts: https://docs.stripe.com/currencies. They are integers in a currency's unit, which is Stripe's own for some.

Its "Special cases": ISK and UGX have no decimals, and are still given with two that must be 0; of three decimals the
last must be 0. HUF and TWD are whole in payouts alone, which are not simulated.
"""

from stripe_simulator.errors import refused

DIGITS = 8
MORE_DIGITS = {"cop": 10, "idr": 12, "inr": 9}
# The least that can be charged; 0.50 in the currencies of which Stripe says nothing else.
MINIMA = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30,
    "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200,
    "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
STEPS = {**dict.fromkeys(THREE_DECIMAL, 10), "isk": 100, "ugx": 100}
OTHERS = frozenset([
    "all", "amd", "ars", "bam", "cop", "egp", "gel", "idr", "ils", "isk", "kes", "mad",
    "mdl", "mkd", "ngn", "pen", "php", "qar", "rsd", "sar", "try", "twd", "uah", "ugx", "uyu", "zar",
])  # fmt: skip
KNOWN = frozenset(MINIMA) | ZERO_DECIMAL | THREE_DECIMAL | OTHERS


def check_currency(currency: str) -> str:
    """The currency as Stripe writes it; raises for one that it does not know."""
    lower = currency.lower()
    if lower not in KNOWN:
        message = f"Invalid currency: {lower}. Stripe currently supports these currencies: {', '.join(sorted(KNOWN))}"
        raise refused(message, param="currency")
    return lower


def check_amount(amount: int, currency: str) -> int:
    """The amount, if it can be charged in the currency."""
    if amount < 1:
        raise refused(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    least = MINIMA.get(currency, 50)
    if amount < least:
        message = f"Amount must be at least {spoken(least, currency)}"
        raise refused(message, code="amount_too_small", param="amount")
    largest = 10 ** MORE_DIGITS.get(currency, DIGITS) - 1
    if amount > largest:
        message = f"Amount must be no more than {spoken(largest, currency)}"
        raise refused(message, code="amount_too_large", param="amount")
    return check_fraction(amount, currency)


def check_fraction(amount: int, currency: str) -> int:
    """The amount, if the currency has such a fraction: of charges and of refunds."""
    step = STEPS.get(currency, 1)
    if amount % step:
        message = f"Invalid amount: in {currency} it must be a multiple of {step}."
        raise refused(message, code="parameter_invalid_integer", param="amount")
    return amount


def spoken(amount: int, currency: str) -> str:
    """An amount as messages write it."""
    if currency in ZERO_DECIMAL:
        return f"{amount} {currency}"
    digits = 3 if currency in THREE_DECIMAL else 2
    return f"{amount / 10**digits:.{digits}f} {currency}"
