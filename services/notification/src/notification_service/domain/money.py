"""Money: integer minor units and a currency (decision 0005), and how people write it."""

from dataclasses import dataclass

# ISO 4217; every other currency has two digits.
DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "XAF"), 0),
    **dict.fromkeys(("VUV", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's minor unit, such as cents."""

    amount: int
    currency: str

    def __str__(self) -> str:
        """`12.50 CHF`."""
        digits = DIGITS.get(self.currency, 2)
        if not digits:
            return f"{self.amount} {self.currency}"
        whole, rest = divmod(abs(self.amount), 10**digits)
        return f"{'-' if self.amount < 0 else ''}{whole}.{rest:0{digits}} {self.currency}"
