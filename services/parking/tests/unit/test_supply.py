"""What a change takes away, and which bookings are in its way."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from services.parking.tests.fakes.clock import START

from parking_chassis.ids import new_id
from parking_kernel.jobs import JobStatus
from parking_kernel.opening_hours import OpeningHours, opening_hours
from parking_kernel.tariffs import simple_tariff
from parking_service.domain.bookings import FIRST, KEPT, AffectedBookings, Booking
from parking_service.domain.errors import BookingsAffected
from parking_service.domain.lots import LotState, LotStatus, prices_of
from parking_service.domain.spots import Spot, SpotState, SpotType, surplus
from parking_service.domain.supply import SupplyChangeState, SupplyLoss, SupplyProgress, supply_lost
from parking_service.domain.tariffs import TariffState
from parking_service.domain.values import AffectedPolicy, Place

pytestmark = pytest.mark.unit

ZURICH = ZoneInfo("Europe/Zurich")
HOUR = timedelta(hours=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TODAY = START.astimezone(ZURICH).date()


def hours(opens: str, closes: str, *exceptions: tuple[date, list[tuple[str, str]]], **days: Any) -> OpeningHours:
    """The same hours every day, but for those that are named."""
    return opening_hours({day: [(opens, closes)] for day in DAYS} | days, exceptions, "")


def lot(opening: OpeningHours | None = None, **changes: Any) -> LotState:
    tariff = TariffState(new_id(), new_id(), None, 1, simple_tariff(250, None, "CHF"), START)
    state = LotState(
        id=LOT_ID,
        organization_id=tariff.organization_id,
        name="Aeschen",
        description=None,
        address="Weg 1",
        place=Place(47.55, 7.59),
        time_zone="Europe/Zurich",
        amenities=(),
        opening_hours=opening,
        created_at=START,
        **prices_of(tariff),
    )
    return replace(state, **changes)


LOT_ID = new_id()
LOT = lot()


def booking(starts_at: datetime = START + HOUR, length: timedelta = HOUR, **changes: Any) -> Booking:
    known = Booking(new_id(), LOT_ID, new_id(), "S0001", "confirmed", starts_at, starts_at + length, 2, START)
    return replace(known, **changes)


def test_all_bookings_of_a_retired_lot_are_in_the_way() -> None:
    loss = supply_lost(LOT, replace(LOT, status=LotStatus.RETIRED), START)
    assert loss
    assert loss.takes(booking())
    assert not loss.of_spots_alone
    retired = replace(LOT, status=LotStatus.RETIRED)
    assert supply_lost(retired, retired, START) is None, "nothing is left to be taken away"


def test_bookings_of_a_spot_that_is_gone_are_in_the_way_and_no_others() -> None:
    mine, other = booking(), booking()
    loss = supply_lost(LOT, LOT, START, [mine.spot_id])
    assert loss
    assert (loss.takes(mine), loss.takes(other), loss.of_spots_alone) == (True, False, True)


@pytest.mark.parametrize(
    ("before", "after", "is_shorter"),
    [
        (None, hours("06:00", "22:00"), True),
        (None, hours("00:00", "24:00"), False),
        (hours("06:00", "22:00"), None, False),
        (hours("06:00", "22:00"), hours("06:00", "22:00"), False),
        (hours("06:00", "22:00"), hours("05:00", "23:00"), False),
        (hours("06:00", "22:00"), hours("06:01", "23:00"), True),
        (hours("06:00", "22:00"), hours("05:00", "23:00", sun=[]), True),
        # All night on Sundays, as before: written as two days of their own.
        (hours("20:00", "04:00"), hours("20:00", "04:00", mon=[("00:00", "04:00"), ("20:00", "04:00")]), False),
        (hours("20:00", "04:00"), hours("20:00", "24:00"), True),
        (hours("06:00", "22:00"), hours("06:00", "22:00", (TODAY, [])), True),
        (hours("06:00", "22:00"), hours("06:00", "22:00", (TODAY - timedelta(days=1), [])), False),
        (hours("20:00", "04:00"), hours("20:00", "04:00", (TODAY - timedelta(days=1), [])), True),
        (hours("06:00", "22:00", (TODAY, [])), hours("06:00", "22:00"), False),
        (hours("06:00", "20:00", (TODAY, [("06:00", "22:00")])), hours("06:00", "20:00"), True),
        (hours("06:00", "22:00"), hours("06:00", "22:00", (date.max, [])), True),
        (hours("06:00", "22:00"), hours("06:00", "22:00", (date.min, [])), False),
    ],
)
def test_shorter_hours_take_supply_away_and_longer_ones_do_not(
    before: OpeningHours | None, after: OpeningHours | None, *, is_shorter: bool
) -> None:
    loss = supply_lost(lot(before), lot(after), START)
    assert bool(loss) is is_shorter
    if loss:
        assert (loss.new_hours, loss.whole_lot, loss.spot_ids) == (after, False, frozenset())


def test_hours_in_another_zone_are_at_other_instants() -> None:
    opening = hours("06:00", "22:00")
    assert supply_lost(lot(opening), lot(opening, time_zone="Europe/London"), START)
    assert supply_lost(lot(), lot(time_zone="Europe/London"), START) is None, "day and night is so everywhere"
    assert supply_lost(lot(opening), lot(opening, name="Other"), START) is None


def test_by_shorter_hours_those_bookings_are_affected_whose_car_could_not_come_in_or_leave() -> None:
    """As the kernel decides: in between the car stays in."""
    loss = supply_lost(LOT, lot(hours("06:00", "22:00")), START)
    assert loss
    at = datetime(2026, 7, 6, 21, tzinfo=ZURICH)
    assert not loss.takes(booking(at, HOUR)), "out exactly when it closes"
    assert loss.takes(booking(at, HOUR + timedelta(minutes=1)))
    assert not loss.takes(booking(at, timedelta(hours=9))), "over night"
    assert loss.takes(booking(at + HOUR, timedelta(hours=9)))


@pytest.mark.parametrize(
    ("status", "ends_in", "needs_supply"),
    [
        ("pending", HOUR, True),
        ("confirmed", HOUR, True),
        ("confirmed", -HOUR, False),
        ("active", HOUR, True),
        ("active", -HOUR, True),
        ("completed", HOUR, False),
        ("cancelled", HOUR, False),
        ("expired", HOUR, False),
        ("no_show", HOUR, False),
        ("added_later", HOUR, True),
        ("added_later", -HOUR, False),
    ],
)
def test_what_is_over_needs_no_supply_and_a_car_that_is_in_does(
    status: str, ends_in: timedelta, *, needs_supply: bool
) -> None:
    assert booking(START + ends_in - HOUR, status=status).needs_supply(START) is needs_supply


@pytest.mark.parametrize(
    ("status", "ended_ago", "said_ago", "can_go"),
    [
        ("confirmed", KEPT + HOUR, KEPT + HOUR, True),
        ("confirmed", KEPT - HOUR, KEPT + HOUR, False),
        ("confirmed", KEPT + HOUR, KEPT - HOUR, False),
        ("cancelled", -HOUR, KEPT + HOUR, True),
        ("cancelled", -HOUR, KEPT - HOUR, False),
        ("active", KEPT + HOUR, KEPT + HOUR, False),
    ],
)
def test_what_is_over_is_known_for_a_week_more(
    status: str, ended_ago: timedelta, said_ago: timedelta, *, can_go: bool
) -> None:
    known = booking(START - ended_ago - HOUR, status=status, committed_at=START - said_ago)
    assert known.can_be_purged(START - KEPT) is can_go


def test_all_are_counted_and_the_first_by_their_start_are_shown() -> None:
    bookings = [booking(START + number * HOUR) for number in range(2 * FIRST, 0, -1)]
    seen = AffectedBookings.of(bookings, START)
    assert (seen.count, seen.as_of) == (2 * FIRST, START)
    assert [each.starts_at for each in seen.first] == [START + number * HOUR for number in range(1, FIRST + 1)]
    earlier = AffectedBookings.of([booking(START)], START - HOUR)
    both = seen.joined(earlier)
    assert (both.count, both.as_of, both.first) == (2 * FIRST + 1, START - HOUR, (*earlier.first, *seen.first[:-1]))


def test_a_change_that_is_done_has_settled_all_also_the_cars_that_drove_out() -> None:
    running = SupplyProgress(total=4, moved=1, refunded=1, cancelled=1, waiting_for_exit=1)
    assert running.done == 3
    assert replace(running, waiting_for_exit=0, status=JobStatus.DONE).done == 4


@pytest.mark.parametrize(
    ("progress", "is_at_work"),
    [
        (SupplyProgress(total=1), True),
        (SupplyProgress(total=0, version=1), True),  # begun; what is in its way is not counted yet
        (SupplyProgress(total=3, moved=1, waiting_for_exit=1, version=3), True),
        (SupplyProgress(total=3, moved=1, refunded=1, waiting_for_exit=1, version=4), False),
        (SupplyProgress(total=0, status=JobStatus.DONE, ended_at=START, version=2), False),
    ],
)
def test_a_change_is_at_work_until_nothing_but_exits_is_waited_for(
    progress: SupplyProgress, *, is_at_work: bool
) -> None:
    assert progress.is_at_work is is_at_work
    spot_id = new_id()
    loss = SupplyLoss(LOT_ID, new_id(), spot_ids=frozenset({spot_id}))
    change = SupplyChangeState(new_id(), loss, AffectedPolicy.MOVE, START, progress)
    assert change.decides([booking(), booking(spot_id=spot_id)]) is is_at_work
    assert not change.decides([booking(), booking(spot_id=spot_id, status="active")])


def test_the_refusal_says_what_to_do() -> None:
    one = AffectedBookings.of([booking(datetime(2026, 7, 6, 21, tzinfo=ZURICH))], None)
    assert str(BookingsAffected(one)) == (
        "1 booking is in the way, the first on spot S0001 from 2026-07-06T21:00:00+02:00;"
        " say what becomes of them: affected=move or affected=refund"
    )


def spot(number: str, spot_type: SpotType = SpotType.STANDARD) -> Spot:
    return Spot(SpotState(new_id(), LOT_ID, LOT.organization_id, number, spot_type))


@pytest.mark.parametrize(
    ("booked", "capacity", "gone"),
    [
        ({}, 2, ["S0003", "S0004"]),
        ({"S0004": 1}, 2, ["S0002", "S0003"]),
        ({"S0003": 1, "S0004": 1}, 2, ["S0001", "S0002"]),
        ({"S0001": 2, "S0002": 1, "S0003": 1, "S0004": 3}, 2, ["S0002", "S0003"]),
        ({"S0001": 1, "S0002": 1, "S0003": 1, "S0004": 1}, 3, ["S0004"]),
        ({"S0004": 1}, 4, []),
        ({"S0004": 1}, 0, ["S0001", "S0002", "S0003", "S0004"]),
    ],
)
def test_the_surplus_is_what_the_fewest_bookings_stand_on(
    booked: dict[str, int], capacity: int, gone: list[str]
) -> None:
    spots = [spot(f"S000{number}") for number in (3, 1, 4, 2)]
    other = spot("E0001", SpotType.EV_CHARGING)
    counts = {each.state.id: booked.get(each.state.number, 0) for each in spots}
    wanted = {SpotType.STANDARD: capacity, SpotType.EV_CHARGING: 1}
    found = surplus([*spots, other], wanted, counts)
    assert sorted(each.state.number for each in found) == gone, "the free charger is no surplus of another type"
