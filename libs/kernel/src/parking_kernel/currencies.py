"""The table of currencies: those of ISO 4217 that people pay with, and what the payment provider can charge in each.

All amounts are in the minor unit of ISO 4217, whatever unit the provider counts in. What it can charge is taken from
https://docs.stripe.com/currencies: "Supported presentment currencies" from a copy of 2023, "Special cases" and "Minimum
and maximum charge amounts" from one that no longer lists the lev:

- Supported are the currencies that a European account can charge a card in, and the five of three decimals.
- ISK and UGX have no decimals here, and are charged as if they had two. MGA has two here, and is charged in whole
  ariary. Of three decimals the last must be 0.
- The least charge is the one that is documented for the currency. Where none is, the provider converts the charge, and
  asks that it be worth the least of the currency in which the account is paid out, about 0.50 USD. What is that much is
  written here: 0.50 USD by the dearer of two public lists of rates, of exchangerate-api.com from 2025-01-23 and one of
  2026, with a tenth more for rates that move, rounded up to a plain amount. A currency that has lost more than that
  against the dollar needs a new amount here.
- The largest charge has the digits that every way to pay takes: eight of the provider's units, more in three
  currencies. Most cards would take twelve.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU
    UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"

_UNSUPPORTED = "BTN CUP ERN GHS IQD IRR KPW LYD MRU SDG SSP STN SVC SYP TMT VED VES XCG ZWG"
_PROVIDER_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
_PROVIDER_STEPS = {"ISK": 100, "UGX": 100, "BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10}
# As documented.
_LEAST = {
    "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50, "GBP": 30, "HKD": 400,
    "HUF": 17_500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200, "RON": 200,
    "SEK": 300, "SGD": 50, "THB": 1000, "USD": 50,
}  # fmt: skip
# Worth more than 0.50 USD: see above.
_LEAST_WORTH = {
    "AFN": 5000, "ALL": 6000, "AMD": 25_000, "AOA": 60_000, "ARS": 100_000, "AWG": 100, "AZN": 100, "BAM": 120,
    "BBD": 120, "BDT": 8000, "BHD": 250, "BIF": 2000, "BMD": 60, "BND": 80, "BOB": 400, "BSD": 60, "BWP": 800,
    "BYN": 200, "BZD": 120, "CDF": 200_000, "CLP": 600, "CNY": 500, "COP": 250_000, "CRC": 30_000, "CVE": 6000,
    "DJF": 100, "DOP": 4000, "DZD": 8000, "EGP": 3000, "ETB": 8000, "FJD": 150, "FKP": 50, "GEL": 200, "GIP": 50,
    "GMD": 4000, "GNF": 5000, "GTQ": 500, "GYD": 12_000, "HNL": 1500, "HTG": 8000, "IDR": 1_000_000, "ILS": 200,
    "ISK": 80, "JMD": 10_000, "JOD": 400, "KES": 8000, "KGS": 5000, "KHR": 250_000, "KMF": 300, "KRW": 1000,
    "KWD": 200, "KYD": 50, "KZT": 30_000, "LAK": 1_500_000, "LBP": 5_000_000, "LKR": 20_000, "LRD": 12_000,
    "LSL": 1200, "MAD": 600, "MDL": 1200, "MGA": 300_000, "MKD": 4000, "MMK": 120_000, "MNT": 200_000, "MOP": 500,
    "MUR": 3000, "MVR": 1000, "MWK": 100_000, "MZN": 4000, "NAD": 1200, "NGN": 100_000, "NIO": 2500, "NPR": 10_000,
    "OMR": 250, "PAB": 60, "PEN": 250, "PGK": 250, "PHP": 4000, "PKR": 20_000, "PYG": 5000, "QAR": 250, "RSD": 8000,
    "RUB": 6000, "RWF": 800, "SAR": 250, "SBD": 500, "SCR": 1000, "SHP": 50, "SLE": 1500, "SOS": 40_000,
    "SRD": 2500, "SZL": 1200, "TJS": 800, "TND": 2000, "TOP": 150, "TRY": 3000, "TTD": 400, "TWD": 2000,
    "TZS": 150_000, "UAH": 2500, "UGX": 2500, "UYU": 2500, "UZS": 800_000, "VND": 15_000, "VUV": 80, "WST": 200,
    "XAF": 400, "XCD": 150, "XOF": 400, "XPF": 80, "YER": 30_000, "ZAR": 1200, "ZMW": 2000,
}  # fmt: skip
_PROVIDER_DIGITS = {"COP": 10, "IDR": 12, "INR": 9}
_COMMON_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency, and what can be charged in it; amounts are in its minor unit, which has so many `decimals`.

    `supported`: the provider charges in it at all. Then a charge is a multiple of `step` from `least` to `largest`;
    otherwise all three are 0. The provider counts in units of `provider_decimals`, which its adapter alone needs.
    """

    code: str
    decimals: int
    provider_decimals: int
    supported: bool
    least: int
    largest: int
    step: int

    def can_charge(self, amount: int) -> bool:
        """Whether the provider takes a charge of so many minor units."""
        return self.supported and self.least <= amount <= self.largest and amount % self.step == 0


def _currency(code: str) -> Currency:
    decimals = 0 if code in _WITHOUT_DECIMALS.split() else 3 if code in _THREE_DECIMALS.split() else 2
    if code in _UNSUPPORTED.split():
        return Currency(code, decimals, decimals, supported=False, least=0, largest=0, step=0)
    provider_decimals = _PROVIDER_DECIMALS.get(code, decimals)
    step = _PROVIDER_STEPS.get(code, 1)
    largest = (10 ** _PROVIDER_DIGITS.get(code, _COMMON_DIGITS) - 1) // step * step

    def here(amount: int) -> int:
        return amount * 10**decimals // 10**provider_decimals

    least = _LEAST_WORTH[code] if code in _LEAST_WORTH else _LEAST[code]
    return Currency(
        code, decimals, provider_decimals, supported=True, least=least, largest=here(largest), step=here(step)
    )


CURRENCIES: Mapping[str, Currency] = MappingProxyType({code: _currency(code) for code in _CODES.split()})


def decimals_of(code: str) -> int:
    """The decimals of a currency's minor unit; two for one that the table does not know."""
    currency = CURRENCIES.get(code)
    return currency.decimals if currency else 2


def step_of(code: str) -> int:
    """Of what every charge, and every part of one that goes back, is a multiple: 10 of KWD, 100 of MGA, else 1."""
    currency = CURRENCIES.get(code)
    return currency.step if currency and currency.supported else 1
