"""What a gate needs to know of its lot's reservations while it has no network."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from parking_kernel.periods import Period
from reservation_service.domain.reservations import ReservationStatus

AHEAD = timedelta(hours=24)
STEP = timedelta(minutes=15)
"""A list begins with a quarter of an hour, so that it is the same one, and need not be sent again, until a next."""


@dataclass(frozen=True, slots=True)
class ListedReservation:
    """A reservation whose driver a gate lets in or out."""

    id: UUID
    period: Period
    status: ReservationStatus
    spot_number: str
    vehicle_plate: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class GateList:
    """Who may drive in from an instant until another, and everybody who is in. All others are denied.

    `until` is a day ahead; where there is too much for one list it is earlier. Who is let in by then is in it, also
    where the gate opens before the start.
    """

    parking_lot_id: UUID
    made_at: datetime
    since: datetime
    until: datetime
    opens_before: timedelta
    reservations: Sequence[ListedReservation]


def window(now: datetime, opens_before: timedelta) -> Period:
    """What a list is about that is made now: the next day in any case, and those let in early at its end."""
    since = now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % STEP
    return Period(since, since + STEP + AHEAD + opens_before)
