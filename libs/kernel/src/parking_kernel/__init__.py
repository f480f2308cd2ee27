"""The shared kernel: what several domains must agree on, with the standard library alone (decision 0029).

It is the executable half of the contracts `parking.tariff.v1` and `parking.lot.v1`: tariffs with their rules and their
price, opening hours, currencies. A rule that stands here stands nowhere else.
"""
