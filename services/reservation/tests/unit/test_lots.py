"""When a lot can be booked. Hours are in the lot's own zone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from services.reservation.tests.examples import ZURICH, a_lot, hourly

from parking_kernel.opening_hours import WEEKDAYS, OpeningHours, opening_hours
from parking_kernel.periods import Period
from reservation_service.domain.errors import LotNotBookable
from reservation_service.domain.lots import Closure, check_open

BY_DAY = [("06:00", "22:00")]
WEEK = opening_hours(
    {
        "mon": BY_DAY,
        "tue": BY_DAY,
        "wed": [("06:00", "12:00"), ("14:00", "22:00")],
        "thu": [("18:00", "02:00")],
        "fri": [("00:00", "24:00")],
        "sat": [("00:00", "24:00")],
    },
    [(date(2026, 12, 25), []), (date(2026, 12, 28), [("10:00", "12:00")])],
    "/opening_hours",
)


def at(day: int, clock: str, month: int = 3) -> datetime:
    """In March 2026 the 2nd is a Monday."""
    hour, minute = clock.split(":")
    return datetime(2026, month, day, int(hour), int(minute), tzinfo=ZURICH)


def refusal(starts_at: datetime, ends_at: datetime, hours: OpeningHours | None = WEEK) -> str | None:
    try:
        check_open(a_lot(opening_hours=hours), Period(starts_at, ends_at))
    except LotNotBookable as why:
        return str(why)
    return None


@pytest.mark.parametrize(
    ("starts_at", "ends_at"),
    [
        pytest.param(at(2, "06:00"), at(2, "22:00"), id="from opening to closing"),
        pytest.param(at(2, "20:00"), at(3, "07:00"), id="shut in between: the car stays in"),
        pytest.param(at(4, "11:00"), at(4, "15:00"), id="over the midday break"),
        pytest.param(at(5, "19:00"), at(6, "01:30"), id="hours over midnight"),
        pytest.param(at(6, "00:30"), at(6, "02:00"), id="within them, after midnight"),
        pytest.param(at(6, "08:00"), at(7, "23:59"), id="two days that touch at midnight"),
        pytest.param(at(6, "08:00"), at(8, "00:00"), id="out at 24:00"),
        pytest.param(at(28, "10:00", 12), at(28, "12:00", 12), id="a date of its own hours"),
    ],
)
def test_open(starts_at: datetime, ends_at: datetime) -> None:
    assert refusal(starts_at, ends_at) is None


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "why"),
    [
        pytest.param(at(2, "05:59"), at(2, "08:00"), "start, 2026-03-02 05:59", id="before opening"),
        pytest.param(at(2, "22:00"), at(3, "08:00"), "start, 2026-03-02 22:00", id="in on the stroke of closing"),
        pytest.param(at(2, "20:00"), at(2, "22:01"), "end, 2026-03-02 22:01", id="out after closing"),
        pytest.param(at(4, "10:00"), at(4, "13:00"), "end, 2026-03-04 13:00", id="out in the midday break"),
        pytest.param(at(5, "19:00"), at(6, "23:00"), None, id="control: Friday is open all day"),
        pytest.param(at(8, "10:00"), at(8, "11:00"), "start, 2026-03-08 10:00", id="a weekday without hours"),
        pytest.param(at(25, "10:00", 12), at(25, "11:00", 12), "start, 2026-12-25", id="a date without hours"),
        pytest.param(at(28, "09:00", 12), at(28, "11:00", 12), "start, 2026-12-28", id="a date's hours replace"),
    ],
)
def test_shut(starts_at: datetime, ends_at: datetime, why: str | None) -> None:
    said = refusal(starts_at, ends_at)
    assert said is None if why is None else why in (said or "")


def test_without_hours_it_is_open_day_and_night() -> None:
    assert refusal(at(8, "03:00"), at(8, "04:00"), None) is None


def test_hours_are_those_of_the_clock_on_either_side_of_its_change() -> None:
    every_day = opening_hours(dict.fromkeys(WEEKDAYS, BY_DAY), [], "/opening_hours")
    before, after = datetime(2026, 3, 28, 5, tzinfo=UTC), datetime(2026, 3, 29, 4, tzinfo=UTC)  # both 06:00 there
    assert refusal(before, before + timedelta(hours=1), every_day) is None
    assert refusal(after, after + timedelta(hours=1), every_day) is None
    assert refusal(after - timedelta(minutes=1), after + timedelta(hours=1), every_day)


def test_the_night_that_the_clocks_go_back_has_its_last_half_hour() -> None:
    """02:30 comes twice, at 00:30 and at 01:30 UTC, and the lot closes at the second one."""
    late = opening_hours({name: [("10:00", "02:30")] for name in WEEKDAYS}, [], "/opening_hours")
    half_past_one = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    starts_at = half_past_one - timedelta(minutes=15)
    assert refusal(starts_at, half_past_one, late) is None
    assert "end, 2026-10-25 02:31" in (refusal(starts_at, half_past_one + timedelta(minutes=1), late) or "")
    assert "start, 2026-10-25 02:30" in (refusal(half_past_one, half_past_one + timedelta(hours=9), late) or "")


def test_a_closed_lot_takes_no_reservations() -> None:
    with pytest.raises(LotNotBookable, match="at present"):
        check_open(a_lot(is_open=False), Period(at(2, "08:00"), at(2, "09:00")))


@pytest.mark.parametrize(
    ("ends_at", "first_hour_free"),
    [pytest.param(at(2, "10:00"), 10, id="until its end"), pytest.param(None, None, id="until further notice")],
)
def test_a_closure_closes_its_time_alone(ends_at: datetime | None, first_hour_free: int | None) -> None:
    lot = a_lot(closures=[Closure(at(2, "08:00"), ends_at)])
    check_open(lot, Period(at(2, "07:00"), at(2, "08:00")))
    with pytest.raises(LotNotBookable, match="closed in that time"):
        check_open(lot, Period(at(2, "07:30"), at(2, "08:30")))
    for hour in (10, 20):
        later = Period(at(2, f"{hour}:00"), at(2, f"{hour}:30"))
        if first_hour_free:
            check_open(lot, later)
        else:
            with pytest.raises(LotNotBookable):
                check_open(lot, later)


def test_a_lot_whose_prices_have_not_come_yet_cannot_be_booked() -> None:
    lot = a_lot()
    assert lot.priced_by is lot.tariff
    with pytest.raises(LotNotBookable, match="no prices yet"):
        _ = type(lot)(lot.id, lot.organization_id, lot.name, lot.zone, True, None, (), None).priced_by


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        (500_000, "ISK", "costs 1000000 ISK, more than the 999999 ISK that can be paid at once; ask for a shorter one"),
        (500, "IQD", "No payment can be made in IQD, the currency of the lot's prices, however short the stay is"),
        (500, "XXX", "No payment can be made in XXX"),
    ],
)
def test_a_price_that_cannot_be_paid_says_whether_a_shorter_stay_helps(amount: int, currency: str, said: str) -> None:
    two_hours = Period(at(2, "08:00"), at(2, "10:00"))
    with pytest.raises(LotNotBookable, match=said):
        a_lot(tariff=hourly(amount, currency)).price(two_hours)
