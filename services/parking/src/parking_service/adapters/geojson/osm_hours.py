"""OpenStreetMap's `opening_hours`, as far as hours of a week can say it.

The parser is a library (opening-hours-py). What it makes of a rule is asked for three weeks, so that nothing of the
language is understood here a second time. Rules for public and school holidays and comments are left out and named;
what depends on a date, a season or the sun cannot be kept at all.
"""

import re
from datetime import datetime, timedelta
from typing import Final

from opening_hours import OpeningHours as OsmHours
from opening_hours import ParserError, State  # pyright: ignore[reportAttributeAccessIssue] - its stub lacks the error

from parking_kernel.opening_hours import WEEKDAYS, OpeningHours, Texts, opening_hours
from parking_kernel.violations import InvalidFields
from parking_service.adapters.geojson import fields
from parking_service.domain.errors import RowRefused

MAX_LENGTH: Final = 500
_QUOTED: Final = re.compile(r'"[^"]*"')
_HOLIDAYS: Final = re.compile(r"\b(PH|SH)\b")
_NO_WEEK: Final = re.compile(
    r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|week|easter|sunrise|sunset|dawn|dusk|unknown)"
    r"|\[|/[0-9]|\+|\b[12][0-9]{3}\b"
)
_MONDAY: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - a time on the wall
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)


def hours_of(text: str) -> tuple[OpeningHours | None, tuple[str, ...]]:
    """The hours, none for day and night, and the names of what is left out of them. Raises `RowRefused`."""
    if len(text) > MAX_LENGTH:
        raise RowRefused(f"opening_hours has more than {MAX_LENGTH} characters")
    try:
        # Without a country no day is a holiday; without a place the sun rises nowhere.
        rules = OsmHours(text, auto_country=False, auto_timezone=False)
    except (ParserError, ValueError) as error:
        raise RowRefused(f"opening_hours: {fields.shown(text)} is not understood") from error
    bare = _QUOTED.sub("", str(rules.normalize())).replace("24/7", "")
    if _NO_WEEK.search(bare):
        raise RowRefused(
            f"opening_hours: {fields.shown(text)} depends on more than the day of the week, which lots cannot"
        )
    left_out = [f"opening_hours {name}" for name in sorted(set(_HOLIDAYS.findall(_QUOTED.sub("", text))))]
    if _QUOTED.search(text):
        left_out.append("opening_hours comment")
    week = _week(rules)
    if not any(week.values()):
        raise RowRefused(f"opening_hours: {fields.shown(text)} is never open")
    if all(hours == [("00:00", "24:00")] for hours in week.values()):
        return None, tuple(left_out)
    try:
        return opening_hours(week, [], "opening_hours"), tuple(left_out)
    except InvalidFields as error:
        raise RowRefused(str(error)) from error


def _week(rules: OsmHours) -> dict[str, list[Texts]]:
    """The hours that begin on each day of a week in the middle of three."""
    week: dict[str, list[Texts]] = {name: [] for name in WEEKDAYS}
    for starts_at, ends_at, state, _comment in rules.intervals(_MONDAY - _WEEK, _MONDAY + 2 * _WEEK):
        if state != State.OPEN:
            continue
        for begins, ends in _pieces(starts_at, ends_at):
            number = (begins - _MONDAY) // _DAY
            if 0 <= number < len(WEEKDAYS):
                closes = "24:00" if ends == _midnight(begins) + _DAY else f"{ends:%H:%M}"
                week[WEEKDAYS[number]].append((f"{begins:%H:%M}", closes))
    return week


def _pieces(starts_at: datetime, ends_at: datetime) -> list[tuple[datetime, datetime]]:
    """A night is one piece; what is open for longer than a day is cut at midnight."""
    if ends_at - starts_at < _DAY:
        return [(starts_at, ends_at)]
    pieces: list[tuple[datetime, datetime]] = []
    while starts_at < ends_at:
        until = min(_midnight(starts_at) + _DAY, ends_at)
        pieces.append((starts_at, until))
        starts_at = until
    return pieces


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
