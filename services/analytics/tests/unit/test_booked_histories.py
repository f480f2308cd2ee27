"""Whatever is booked, given back and sold again: no time of a spot is booked twice."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st
from services.analytics.tests.events import LOT, confirmed, lot_created
from services.analytics.tests.fakes.installation import FakeInstallation

from analytics_service.application.queries.get_occupancy import GetOccupancy
from analytics_service.domain.buckets import Interval
from parking_events import ParkingSession, ReservationState, ReservationStatus
from parking_kernel.askers import EVERYTHING, Asker

MORNING = datetime(2025, 3, 3, 6, tzinfo=UTC)
EVENING = MORNING + timedelta(hours=12)
MINUTE = timedelta(minutes=1)
GRACE = 5 * MINUTE
S = ReservationStatus
HELD = {S.CONFIRMED, S.ACTIVE, S.COMPLETED, S.NO_SHOW}
ADMIN = Asker(permissions=frozenset({EVERYTHING}))


@dataclass
class Timetable:
    """Reservation's rules, as far as they say whose a spot's time is. What was held is kept minute by minute."""

    spots: list[UUID]
    now: datetime = MORNING
    states: dict[UUID, ReservationState] = field(default_factory=dict[UUID, ReservationState])
    holding: set[UUID] = field(default_factory=set[UUID])

    def book(self, spot: int, start: int, length: int) -> None:
        """From up to five minutes ago on, where nobody holds any of it."""
        starts_at = self.now + (start - 5) * MINUTE
        ends_at = starts_at + length * MINUTE
        spot_id = self.spots[spot % len(self.spots)]
        in_the_way = (
            self.states[each]
            for each in self.holding
            if self.states[each].spot_id == spot_id
            and self.states[each].starts_at < ends_at
            and self.states[each].ends_at > starts_at
        )
        if ends_at > self.now and not any(in_the_way):
            event = confirmed(starts_at, ends_at, reservation_id=uuid4(), spot_id=spot_id, created_at=self.now)
            self.states[event.reservation_id] = event
            self.holding.add(event.reservation_id)

    def end(self, which: int, how: str, late: int) -> None:
        """One of those that hold time gives it back: by a cancellation, by not coming, or by driving in and out.

        A gate that was without a network reports the exit `late`: the time is free from then on only.
        """
        if not self.holding:
            return
        one = self.states[sorted(self.holding)[which % len(self.holding)]]
        exited_at = self.now - late * MINUTE
        came_at = one.starts_at - 15 * MINUTE
        match how:
            case "cancel":
                self._become(one, S.CANCELLED)
            case "no show" if self.now >= one.ends_at:
                self._become(one, S.NO_SHOW)
            case "drive out" if exited_at >= max(came_at, one.created_at):
                entered_at = min(exited_at, one.starts_at)
                stay = ParkingSession(parking_session_id=uuid4(), entered_at=entered_at, exited_at=exited_at)
                self._become(one, S.COMPLETED, parking_session=stay)
            case _:
                pass

    def booked_minutes(self) -> list[int]:
        """Of each hour, minute by minute: how many spots some reservation had, as it now is."""
        stays = [(one.spot_id, *_held(one)) for one in self.states.values() if one.status in HELD]
        minutes = [MORNING + number * MINUTE for number in range(12 * 60)]
        taken = [len({spot for spot, begin, end in stays if begin <= minute < end}) for minute in minutes]
        return [sum(taken[hour * 60 : hour * 60 + 60]) for hour in range(12)]

    def _become(self, one: ReservationState, status: ReservationStatus, **changes: object) -> None:
        changed = one.model_copy(update={"status": status, "version": one.version + 1, **changes})
        self.states[one.reservation_id] = changed
        self.holding.discard(one.reservation_id)


def _held(one: ReservationState) -> tuple[datetime, datetime]:
    exited_at = one.parking_session.exited_at if one.parking_session else None
    return max(one.starts_at, one.created_at), min(one.ends_at, exited_at or one.ends_at)


BOOK = st.tuples(st.just("book"), st.integers(0, 2), st.integers(0, 90), st.integers(6, 180))
END = st.tuples(
    st.just("end"), st.integers(0, 9), st.sampled_from(["cancel", "no show", "drive out"]), st.integers(0, 30)
)
PASS = st.tuples(st.just("pass"), st.integers(1, 60), st.just(0), st.just(0))


@given(spots=st.integers(1, 3), history=st.lists(st.one_of(BOOK, BOOK, END, PASS), max_size=40))
async def test_booked_is_never_above_1_and_no_time_of_a_spot_counts_twice(
    spots: int, history: list[tuple[str, int, int | str, int]]
) -> None:
    timetable = Timetable([UUID(int=number) for number in range(spots)])
    for what, one, other, third in history:
        if what == "book":
            assert isinstance(other, int)
            timetable.book(one, other, third)
        elif what == "end":
            timetable.end(one, str(other), third)
        else:
            timetable.now += one * MINUTE
    analytics = await FakeInstallation(EVENING).prepared()
    await analytics.consumes(lot_created(spots=spots), *timetable.states.values())
    question = GetOccupancy(ADMIN, LOT, MORNING, EVENING, Interval.HOUR)
    found, _ = await analytics.get_occupancy(question)
    assert [each.booked for each in found] == [booked / (spots * 60) for booked in timetable.booked_minutes()]
    assert all(0 <= (each.booked or 0) <= 1 for each in found)


async def test_a_spot_that_was_freed_by_an_early_exit_and_sold_again_is_booked_once() -> None:
    """What was 2.0: out after a quarter of an hour, and sold again at once. Another spot keeps it from 1, the most."""
    timetable = Timetable([UUID(int=0), UUID(int=1)])
    timetable.book(0, 5, 60)
    timetable.now += 15 * MINUTE
    timetable.end(0, "drive out", 0)
    timetable.book(0, 0, 50)
    assert len(timetable.states) == 2
    analytics = await FakeInstallation(EVENING).prepared()
    await analytics.consumes(lot_created(spots=2), *timetable.states.values())
    found, _ = await analytics.get_occupancy(GetOccupancy(ADMIN, LOT, MORNING, EVENING, Interval.HOUR))
    assert found[0].booked == 0.5
