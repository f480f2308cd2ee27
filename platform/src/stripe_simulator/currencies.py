"""Amounts: https://docs.stripe.com/currencies. They are integers in a currency's unit, which is Stripe's own for some.

Its "Special cases": ISK and UGX have no decimals, and are still given with two that must be 0; of three decimals the
last must be 0. HUF and TWD are whole in payouts alone, which are not simulated.

Stripe documents a least charge for some currencies. For the others it converts the charge to that in which the account
is paid out, here dollars, and asks for 0.50 of it.
"""

from fractions import Fraction

from stripe_simulator.errors import refused

DIGITS = 8
MORE_DIGITS = {"cop": 10, "idr": 12, "inr": 9}
# The documented least charges ("Minimum and maximum charge amounts").
MINIMA = {
    "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50, "gbp": 30,
    "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50, "pln": 200,
    "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
STEPS = {**dict.fromkeys(THREE_DECIMAL, 10), "isk": 100, "ugx": 100}
# What a dollar is in the other "Supported presentment currencies": the dearer of the rates of exchangerate-api.com from
# 2025-01-23 and of a list of 2026.
TO_THE_DOLLAR = {
    "afn": 74.9, "all": 94.4, "amd": 401, "aoa": 921, "ars": 1480, "awg": 1.79, "azn": 1.71, "bam": 1.88, "bbd": 2,
    "bdt": 122, "bhd": 0.376, "bif": 2950, "bmd": 1, "bnd": 1.36, "bob": 6.93, "bsd": 1, "bwp": 13.9, "byn": 3.31,
    "bzd": 2.02, "cdf": 2900, "clp": 1010, "cny": 7.28, "cop": 4330, "crc": 504, "cve": 106, "djf": 178,
    "dop": 61.4, "dzd": 136, "egp": 50.4, "etb": 127, "fjd": 2.32, "fkp": 0.812, "gel": 2.86, "gip": 0.812,
    "gmd": 72.5, "gnf": 8630, "gtq": 7.73, "gyd": 210, "hnl": 25.5, "htg": 131, "idr": 18100, "ils": 3.55,
    "isk": 141, "jmd": 158, "jod": 0.709, "kes": 130, "kgs": 87.5, "khr": 4050, "kmf": 473, "krw": 1490,
    "kwd": 0.31, "kyd": 0.834, "kzt": 521, "lak": 21900, "lbp": 89500, "lkr": 337, "lrd": 199, "lsl": 18.5,
    "mad": 10, "mdl": 18.7, "mga": 4670, "mkd": 59.3, "mmk": 2100, "mnt": 3450, "mop": 8.03, "mur": 47.2,
    "mvr": 15.5, "mwk": 1740, "mzn": 64, "nad": 18.5, "ngn": 1560, "nio": 36.8, "npr": 155, "omr": 0.385, "pab": 1,
    "pen": 3.75, "pgk": 4.08, "php": 61.7, "pkr": 279, "pyg": 7900, "qar": 3.64, "rsd": 113, "rub": 99, "rwf": 1440,
    "sar": 3.75, "sbd": 8.52, "scr": 14.6, "shp": 0.812, "sle": 22.8, "sos": 572, "srd": 38.5, "szl": 18.5,
    "tjs": 11, "tnd": 3.19, "top": 2.41, "try": 47.1, "ttd": 6.79, "twd": 32.8, "tzs": 2600, "uah": 42.1,
    "ugx": 3700, "uyu": 44.5, "uzs": 13000, "vnd": 25400, "vuv": 121, "wst": 2.83, "xaf": 630, "xcd": 2.7,
    "xof": 630, "xpf": 115, "yer": 533, "zar": 18.5, "zmw": 28,
}  # fmt: skip
KNOWN = frozenset(MINIMA) | frozenset(TO_THE_DOLLAR)


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
    least = least_charge(currency)
    if amount < least:
        message = f"Amount must be at least {spoken(least, currency)}"
        raise refused(message, code="amount_too_small", param="amount")
    largest = 10 ** MORE_DIGITS.get(currency, DIGITS) - 1
    if amount > largest:
        message = f"Amount must be no more than {spoken(largest, currency)}"
        raise refused(message, code="amount_too_large", param="amount")
    return check_fraction(amount, currency)


def least_charge(currency: str) -> int:
    """The least that can be charged in a currency, in its unit."""
    if currency in MINIMA:
        return MINIMA[currency]
    half = Fraction(str(TO_THE_DOLLAR[currency])) / 2 * 10 ** decimals(currency)
    step = STEPS.get(currency, 1)
    return -(-half // step) * step


def decimals(currency: str) -> int:
    """How many decimals amounts of a currency have here."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def check_fraction(amount: int, currency: str) -> int:
    """The amount, if the currency has such a fraction: of charges and of refunds."""
    step = STEPS.get(currency, 1)
    if amount % step:
        message = f"Invalid amount: in {currency} it must be a multiple of {step}."
        raise refused(message, code="parameter_invalid_integer", param="amount")
    return amount


def spoken(amount: int, currency: str) -> str:
    """An amount as messages write it."""
    digits = decimals(currency)
    if not digits:
        return f"{amount} {currency}"
    return f"{amount / 10**digits:.{digits}f} {currency}"
