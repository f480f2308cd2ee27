"""What is suggested can be reserved."""

from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st
from services.reservation.tests.examples import NOW
from services.reservation.tests.fakes.installation import FakeInstallation

from parking_kernel.askers import THE_SERVICE
from parking_kernel.opening_hours import WEEKDAYS, opening_hours
from parking_kernel.periods import Period
from reservation_service.application.ports import SpotRequest
from reservation_service.domain.lots import FURTHEST, LONGEST, Closure

QUARTER = timedelta(minutes=15)
LAST_START = NOW + FURTHEST
ALWAYS = [("00:00", "24:00")]


def quarters(most: timedelta) -> st.SearchStrategy[timedelta]:
    return st.integers(0, most // QUARTER).map(lambda count: count * QUARTER)


near_the_horizon = quarters(timedelta(days=2)).map(lambda before: LAST_START - before)
near_now = quarters(timedelta(days=2)).map(lambda after: NOW + after)
lengths = st.one_of(quarters(timedelta(hours=12)), quarters(LONGEST)).filter(lambda length: length > timedelta(0))
wished = st.builds(lambda start, length: Period(start, start + length), near_the_horizon | near_now, lengths)
hours = st.sampled_from([ALWAYS, [("06:00", "22:00")], [("10:00", "02:30")], [("06:00", "12:00"), ("14:00", "22:00")]])
closed = st.none() | st.builds(
    lambda start, length: Closure(start, start + length), near_the_horizon | near_now, quarters(timedelta(days=2))
)


@given(period=wished, open_for=hours, closure=closed)
@example(period=Period(LAST_START, LAST_START + 2 * QUARTER), open_for=ALWAYS, closure=None)
async def test_every_suggestion_can_be_booked_as_it_is(
    period: Period, open_for: list[tuple[str, str]], closure: Closure | None
) -> None:
    service = FakeInstallation()
    week = opening_hours(dict.fromkeys(WEEKDAYS, open_for), [], "")
    closures = (closure,) if closure else ()
    lot = await service.with_lot(opening_hours=week, closures=closures)
    await service.with_lot(opening_hours=week, closures=closures, latitude=47.381)
    found = await service.find(SpotRequest(lot.id, period))
    assert len({(each.spot.id, each.period) for each in found}) == len(found), "no entry comes twice"
    for suggestion in found:
        there = service.tables.lots[suggestion.parking_lot_id]
        answer = await service.reserve(there, when=suggestion.period, spot_id=suggestion.spot.id)
        assert answer.status == 201
        async with service.work(THE_SERVICE) as work:
            await work.timetable.release(next(reversed(service.tables.reservations)))


async def test_near_the_horizon_the_earlier_times_are_suggested(service: FakeInstallation) -> None:
    lot = await service.with_lot()
    wanted = Period(LAST_START, LAST_START + timedelta(hours=1))
    await service.held(lot, when=wanted)
    starts = [each.period.starts_at for each in await service.find(SpotRequest(lot.id, wanted))]
    assert starts == [LAST_START - timedelta(hours=1), LAST_START - timedelta(hours=2)]


async def test_a_lot_without_prices_suggests_nothing_and_hinders_nobody(service: FakeInstallation) -> None:
    lot = await service.with_lot()
    near = await service.with_lot(latitude=47.381)
    service.tables.tariffs.pop(lot.tariff_id or lot.id)
    soon = Period(NOW + timedelta(hours=1), NOW + timedelta(hours=2))
    assert [each.parking_lot_id for each in await service.find(SpotRequest(lot.id, soon))] == [near.id]
