"""What was made a moment ago, and so may not have arrived here yet."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

JUST_NOW: Final = timedelta(minutes=1)
"""For how long something may be on its way; what takes longer is an outage, of which alarms tell."""

_RANDOM_BITS: Final = 80
_TIME_ORDERED: Final = 7


def is_new(any_id: UUID, at: datetime) -> bool:
    """Whether an id was made within a minute of an instant, by the time that it holds (UUIDv7, RFC 9562).

    That tells "not yet" from "never": parking's ids of lots and spots are made so. One of another kind is never new,
    and one that somebody made up is new for a minute.
    """
    if any_id.version != _TIME_ORDERED:
        return False
    made_at = datetime.fromtimestamp((any_id.int >> _RANDOM_BITS) / 1000, UTC)
    return abs(at - made_at) <= JUST_NOW
