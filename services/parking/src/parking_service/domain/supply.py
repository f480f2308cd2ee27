"""Supply that goes away under bookings: what a change takes of a lot, and which bookings are in its way.

All that takes supply away asks `supply_lost`. Reservation moves or refunds the bookings, and publishes how far it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from parking_kernel.jobs import JobStatus
from parking_kernel.opening_hours import ONE_DAY, WEEKDAYS, Hours, OpeningHours
from parking_kernel.wall_times import MINUTES_OF_DAY
from parking_service.domain.bookings import ACTIVE, AffectedBookings, Booking
from parking_service.domain.lots import LotState, LotStatus
from parking_service.domain.values import AffectedPolicy, SupplyChange, zone

ANY_ZONE: Final = "UTC"
"""Of what takes no hours away."""
_A_MONDAY: Final = date(2024, 1, 1)
_DAY_AND_NIGHT: Final = OpeningHours(((Hours(0, MINUTES_OF_DAY),),) * len(WEEKDAYS))


@dataclass(frozen=True, slots=True)
class SupplyTerms:
    """What an operator says of bookings in the way: what becomes of them, or nothing; a preview changes nothing."""

    affected: AffectedPolicy | None = None
    is_preview: bool = False


UNASKED: Final = SupplyTerms()


@dataclass(frozen=True, slots=True)
class SupplyLoss:
    """What a change takes away: the whole lot, some of its spots, or the time outside of its new hours."""

    parking_lot_id: UUID
    organization_id: UUID
    whole_lot: bool = False
    spot_ids: frozenset[UUID] = frozenset()
    new_hours: OpeningHours | None = None
    time_zone: str = ANY_ZONE

    @property
    def of_spots_alone(self) -> bool:
        """Whether bookings of other spots cannot be in its way."""
        return not self.whole_lot and self.new_hours is None

    def takes(self, booking: Booking) -> bool:
        """Whether a booking of the lot is in its way."""
        if self.whole_lot or booking.spot_id in self.spot_ids:
            return True
        return self.new_hours is not None and not self.new_hours.is_open_during(booking.period, zone(self.time_zone))

    def has_all_of(self, other: "SupplyLoss") -> bool:
        """Whether it has taken already what another one names."""
        if other.new_hours is not None and (other.new_hours, other.time_zone) != (self.new_hours, self.time_zone):
            return False
        return other.spot_ids <= self.spot_ids and other.whole_lot <= self.whole_lot


@dataclass(frozen=True, slots=True)
class SupplyDecision:
    """What becomes of a change: nothing in a preview; else `change` is what its events name, if it takes supply away.

    `repeated` is the one that runs since the same was asked before.
    """

    bookings: AffectedBookings
    terms: SupplyTerms
    change: SupplyChange | None = None
    repeated: UUID | None = None

    @property
    def job_id(self) -> UUID | None:
        """The change as a job that can be followed: where the operator named a policy."""
        return self.change.id if self.change and self.terms.affected else self.repeated


@dataclass(frozen=True, slots=True)
class SupplyProgress:
    """How far reservation is with the bookings in the way of a change, at its version.

    Before reservation's first word (version 0) `total` is what parking counted itself.
    """

    total: int
    moved: int = 0
    refunded: int = 0
    cancelled: int = 0
    waiting_for_exit: int = 0
    status: JobStatus = JobStatus.RUNNING
    ended_at: datetime | None = None
    version: int = 0

    @property
    def done(self) -> int:
        """How many bookings are settled. One whose car is in is, when it has left: the end shows it at the latest."""
        return self.total if self.status is JobStatus.DONE else self.moved + self.refunded + self.cancelled

    @property
    def is_at_work(self) -> bool:
        """Whether a booking may wait to be moved or refunded; reservation says how many with the first it settles."""
        seen = self.done + self.waiting_for_exit
        return self.status is JobStatus.RUNNING and (seen == 0 or seen < self.total)


@dataclass(frozen=True, slots=True)
class SupplyChangeState:
    """A change that took supply away, what it took, and in which import if in one."""

    id: UUID
    loss: SupplyLoss
    affected: AffectedPolicy
    started_at: datetime
    progress: SupplyProgress
    import_id: UUID | None = None

    def decides(self, bookings: Iterable[Booking]) -> bool:
        """Whether one of these is its to move or to refund. A stay is neither: all changes wait for its exit."""
        mine = (booking for booking in bookings if self.loss.takes(booking))
        return self.progress.is_at_work and any(booking.status != ACTIVE for booking in mine)


def supply_lost(before: LotState, after: LotState, at: datetime, gone_spots: Iterable[UUID] = ()) -> SupplyLoss | None:
    """What a change of a lot takes away that these spots go with; nothing where all stays bookable."""
    spot_ids = frozenset(gone_spots)
    whole_lot = after.status is LotStatus.RETIRED and before.status is not LotStatus.RETIRED
    new_hours = after.opening_hours if _is_open_shorter(before, after, at) else None
    if not (whole_lot or spot_ids or new_hours):
        return None
    return SupplyLoss(after.id, after.organization_id, whole_lot, spot_ids, new_hours, after.time_zone)


def lost_before(
    state: LotState, *, whole_lot: bool = False, hours: bool = False, spot_ids: Iterable[UUID] = ()
) -> SupplyLoss:
    """What a request names that a lot has lost already: itself, the time outside of its hours, or spots."""
    new_hours = state.opening_hours if hours else None
    return SupplyLoss(state.id, state.organization_id, whole_lot, frozenset(spot_ids), new_hours, state.time_zone)


def _is_open_shorter(before: LotState, after: LotState, at: datetime) -> bool:
    """Whether the lot will be shut, from now on, at some time at which it was open."""
    old, new = before.opening_hours or _DAY_AND_NIGHT, after.opening_hours
    if new is None:
        return False
    if before.time_zone != after.time_zone:
        return True  # the same times on the wall are other instants
    today = at.astimezone(zone(after.time_zone)).date()
    days = [(OpeningHours(old.week), OpeningHours(new.week), day) for day in _days_of_a_week()]
    days += [(old, new, day) for day in _exceptional_days(old, new) if day >= today]
    return any(_open_minutes(was, day) - _open_minutes(will_be, day) for was, will_be, day in days)


def _days_of_a_week() -> Iterator[date]:
    return (_A_MONDAY + number * ONE_DAY for number in range(len(WEEKDAYS)))


def _exceptional_days(old: OpeningHours, new: OpeningHours) -> Iterator[date]:
    """The dates that have hours of their own, and those after them, into which their hours may reach."""
    for day in old.exceptions.keys() | new.exceptions.keys():
        yield day
        if day < date.max:
            yield day + ONE_DAY


def _open_minutes(hours: OpeningHours, day: date) -> set[int]:
    """The minutes of a day, by the clock on the wall, in which a lot is open: also by hours of the day before."""
    minutes: set[int] = set()
    for begun, midnight in ((day - ONE_DAY, MINUTES_OF_DAY), (day, 0)):
        for each in hours.of(begun):
            minutes.update(range(max(each.opens - midnight, 0), min(each.ends - midnight, MINUTES_OF_DAY)))
    return minutes
