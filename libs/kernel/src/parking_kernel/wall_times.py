"""Times of day as operators write them: `HH:MM`, and `24:00` for the end of a day."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

MINUTES_OF_DAY = 24 * 60
_MINUTES_OF_HOUR = 60


def minutes_of(text: str) -> int | None:
    """Minutes since midnight of `HH:MM`; `24:00` is the end of the day. None where it is no time of day."""
    hours, colon, minutes = text.partition(":")
    if not (colon and len(text) == len("00:00") and f"{hours}{minutes}".isdecimal() and text.isascii()):
        return None
    total = int(hours) * _MINUTES_OF_HOUR + int(minutes)
    return total if int(minutes) < _MINUTES_OF_HOUR and total <= MINUTES_OF_DAY else None


def text_of(minutes: int) -> str:
    """`HH:MM`."""
    return f"{minutes // _MINUTES_OF_HOUR:02}:{minutes % _MINUTES_OF_HOUR:02}"


def first_instant(day: date, minutes: int, zone: tzinfo) -> datetime:
    """When the clock of a zone first shows so many minutes after a date's midnight, in UTC.

    A time that is skipped counts with the offset before the gap (RFC 5545, 3.3.5).
    """
    return _instant(day, minutes, zone, fold=0)


def last_instant(day: date, minutes: int, zone: tzinfo) -> datetime:
    """When it last shows them: a clock that goes back shows a time twice. See `first_instant`."""
    # For a time that occurs twice the second reading is the later one; for one that is skipped the first is.
    return max(_instant(day, minutes, zone, fold=0), _instant(day, minutes, zone, fold=1))


def _instant(day: date, minutes: int, zone: tzinfo, fold: int) -> datetime:
    days, minutes = divmod(minutes, MINUTES_OF_DAY)
    clock = time(minutes // _MINUTES_OF_HOUR, minutes % _MINUTES_OF_HOUR, fold=fold)
    return datetime.combine(day + timedelta(days=days), clock, zone).astimezone(UTC)
