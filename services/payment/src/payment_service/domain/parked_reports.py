"""What the provider said of another amount or currency than the charge's: it waits for people, and is never booked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from parking_kernel.money import Money


@dataclass(frozen=True, slots=True)
class ParkedReport:
    """What was said of the intent, refund or dispute of this id; without an amount in a currency that no charge has.

    Somebody closes it once the money is where it belongs; the same report is not parked again.
    """

    object_id: str
    said: Money | None
    parked_at: datetime
    closed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody has to look at it."""
        return self.closed_at is None


Reports = tuple[ParkedReport, ...]


def with_report(reports: Reports, object_id: str, said: Money | None, at: datetime) -> Reports:
    """The reports and this one, in the place of an earlier one of its object; the same again changes nothing."""
    if any((each.object_id, each.said) == (object_id, said) for each in reports):
        return reports
    return (*without_report(reports, object_id), ParkedReport(object_id, said, at))


def without_report(reports: Reports, object_id: str) -> Reports:
    """The reports without that of an object: by now the provider tells what is right."""
    return tuple(each for each in reports if each.object_id != object_id)


def closed(reports: Sequence[ParkedReport], at: datetime) -> Reports:
    """The reports, none of them open."""
    return tuple(replace(each, closed_at=at) if each.is_open else each for each in reports)
