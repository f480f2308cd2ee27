"""Amounts: https://docs.stripe.com/currencies. They are integers in a currency's minor unit."""

from stripe_simulator.errors import refused

LARGEST = 99_999_999
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
OTHERS = frozenset([
    "all", "amd", "ars", "bam", "cop", "egp", "gel", "idr", "ils", "isk", "kes", "mad",
    "mdl", "mkd", "ngn", "pen", "php", "qar", "rsd", "sar", "try", "twd", "uah", "uyu", "zar",
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
    if amount > LARGEST:
        message = f"Amount must be no more than {spoken(LARGEST, currency)}"
        raise refused(message, code="amount_too_large", param="amount")
    if currency in THREE_DECIMAL and amount % 10:
        raise refused("Invalid amount: the last digit must be 0 in this currency.", param="amount")
    return amount


def spoken(amount: int, currency: str) -> str:
    """An amount as messages write it."""
    if currency in ZERO_DECIMAL:
        return f"{amount} {currency}"
    digits = 3 if currency in THREE_DECIMAL else 2
    return f"{amount / 10**digits:.{digits}f} {currency}"
