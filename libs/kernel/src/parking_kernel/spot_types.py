"""Which type of spot stands in for which, where a booked one goes away (docs/saga.md)."""

from typing import Final

_AS_GOOD: Final = {"compact": ("compact", "standard")}


def as_good_as(booked: str) -> tuple[str, ...]:
    """The types that are equal to a booked one or better, the equal one first; most types have only themselves."""
    return _AS_GOOD.get(booked, (booked,))
