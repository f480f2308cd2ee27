"""Which periods can be booked."""

from datetime import datetime, timedelta

from parking_kernel.periods import InvalidPeriod, Period

LONGEST = timedelta(days=31)
FURTHEST = timedelta(days=366)
TOLERANCE = timedelta(minutes=5)  # a client's clock, and the time it takes to press the button


def check_bookable(period: Period, now: datetime) -> None:
    """Raise `InvalidPeriod` for one that is over, too long, or too far away."""
    if period.starts_at < now - TOLERANCE:
        raise InvalidPeriod("start_time", "must not be in the past")
    check_bounded(period, now)


def check_bounded(period: Period, now: datetime) -> None:
    """Raise `InvalidPeriod` for one that is too long or too far away."""
    if period.length > LONGEST:
        raise InvalidPeriod("end_time", f"must be at most {LONGEST.days} days after start_time")
    if period.starts_at > now + FURTHEST:
        raise InvalidPeriod("start_time", f"must be within {FURTHEST.days} days from now")
