"""The table of currencies: which of ISO 4217 there are (no metals, funds or test codes), and their minor units."""

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


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency: its code, and how many decimals its minor unit has (ISO 4217)."""

    code: str
    decimals: int


def _decimals(code: str) -> int:
    if code in _WITHOUT_DECIMALS.split():
        return 0
    return 3 if code in _THREE_DECIMALS.split() else 2


CURRENCIES: Mapping[str, Currency] = MappingProxyType(
    {code: Currency(code, _decimals(code)) for code in _CODES.split()}
)


def decimals_of(code: str) -> int:
    """The decimals of a currency's minor unit; two for one that the table does not know."""
    currency = CURRENCIES.get(code)
    return currency.decimals if currency else 2
