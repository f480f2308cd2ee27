"""The table of currencies: those of ISO 4217 that people pay with, and what the payment provider can charge in each.

All amounts are in the minor unit of ISO 4217, whatever unit the provider counts in. What it can charge is taken from
https://docs.stripe.com/currencies: "Supported presentment currencies" from a copy of 2023, "Special cases" and "Minimum
and maximum charge amounts" from one that no longer lists the lev:

- Supported are the currencies that a European account can charge a card in, and the five of three decimals.
- ISK and UGX have no decimals here, and are charged as if they had two. MGA has two here, and is charged in whole
  ariary. Of three decimals the last must be 0.
- The least charge is the one that is documented for the currency. Where none is, it is fifty of the provider's units,
  the figure that most of the documented ones have. The provider converts such a charge, and asks that it be worth the
  least of the currency in which the account is paid out, about 0.50 USD: a rate that no table knows, so it may refuse
  more than this.
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
_PROVIDER_LEAST = {
    "AED": 200, "CZK": 1500, "DKK": 250, "GBP": 30, "HKD": 400, "HUF": 17500, "MXN": 1000, "MYR": 200, "NOK": 300,
    "PLN": 200, "RON": 200, "SEK": 300, "THB": 1000,
}  # fmt: skip
_COMMON_LEAST = 50
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
    least = -(-_PROVIDER_LEAST.get(code, _COMMON_LEAST) // step) * step
    largest = (10 ** _PROVIDER_DIGITS.get(code, _COMMON_DIGITS) - 1) // step * step

    def here(amount: int) -> int:
        return amount * 10**decimals // 10**provider_decimals

    limits = {"least": here(least), "largest": here(largest), "step": here(step)}
    return Currency(code, decimals, provider_decimals, supported=True, **limits)


CURRENCIES: Mapping[str, Currency] = MappingProxyType({code: _currency(code) for code in _CODES.split()})


def decimals_of(code: str) -> int:
    """The decimals of a currency's minor unit; two for one that the table does not know."""
    currency = CURRENCIES.get(code)
    return currency.decimals if currency else 2


def step_of(code: str) -> int:
    """Of what every charge, and every part of one that goes back, is a multiple: 10 of KWD, 100 of MGA, else 1."""
    currency = CURRENCIES.get(code)
    return currency.step if currency and currency.supported else 1
