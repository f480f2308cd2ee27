"""How full a lot was, asked of the service."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from services.analytics.tests.events import LOT, NOON, ONE, OPERATOR, confirmed, counted, lot_created, spot_seen
from services.analytics.tests.fakes.installation import FakeInstallation

from analytics_service.application.queries.get_occupancy import GetOccupancy, GetOccupancyHandler
from analytics_service.domain.buckets import Interval
from analytics_service.domain.errors import InvalidQuestion, UnknownLot
from parking_events import ReservationStatus
from parking_kernel.askers import EVERYTHING, Asker

OWNER = Asker(organizations=frozenset({OPERATOR}))
HOUR = timedelta(hours=1)


def of(lot: UUID = LOT, asker: Asker = OWNER) -> GetOccupancy:
    return GetOccupancy(asker, lot, NOON, NOON + 2 * HOUR, Interval.HOUR)


async def rates(analytics: FakeInstallation) -> list[tuple[float | None, float | None]]:
    found, _ = await analytics.get_occupancy(of())
    return [(each.booked, each.sensed) for each in found]


async def test_booked_and_sensed_stand_side_by_side(analytics: FakeInstallation) -> None:
    analytics.clock.instant = NOON + 2 * HOUR
    await analytics.consumes(
        lot_created(spots=4), confirmed(NOON, ONE), confirmed(NOON, ONE + HOUR), counted(3, 4, NOON)
    )
    assert await rates(analytics) == [(0.5, 0.75), (0.25, None)]


async def test_the_present_bucket_is_sensed_up_to_now_and_later_ones_are_not(analytics: FakeInstallation) -> None:
    analytics.clock.instant = NOON + HOUR / 2
    await analytics.consumes(lot_created(), spot_seen(uuid4(), NOON - 3 * HOUR, occupied=True))
    assert await rates(analytics) == [(0, 1), (0, None)]
    _, as_of = await analytics.get_occupancy(of())
    assert as_of == NOON + HOUR / 2


@pytest.mark.parametrize(
    ("status", "holds"),
    [
        (ReservationStatus.PENDING, False),
        (ReservationStatus.CONFIRMED, True),
        (ReservationStatus.ACTIVE, True),
        (ReservationStatus.COMPLETED, True),
        (ReservationStatus.NO_SHOW, True),
        (ReservationStatus.EXPIRED, False),
        (ReservationStatus.CANCELLED, False),
    ],
)
async def test_what_is_paid_for_counts_as_booked(
    analytics: FakeInstallation, status: ReservationStatus, *, holds: bool
) -> None:
    await analytics.consumes(lot_created(spots=1), confirmed(NOON, ONE, status=status))
    assert await rates(analytics) == [(1 if holds else 0, None), (0, None)]


async def test_the_last_state_of_a_reservation_counts(analytics: FakeInstallation) -> None:
    same = uuid4()
    await analytics.consumes(
        lot_created(spots=1),
        confirmed(NOON, ONE, reservation_id=same, version=2),
        confirmed(NOON, ONE + HOUR, reservation_id=same, version=1),
    )
    assert await rates(analytics) == [(1, None), (0, None)]


async def test_more_sightings_than_can_be_weighed_are_refused(analytics: FakeInstallation) -> None:
    await analytics.consumes(lot_created(), *(counted(1, 4, NOON, version=number) for number in range(1, 4)))
    asked = analytics.get_occupancy
    strict = GetOccupancyHandler(asked.open_work, asked.figures, asked.clock, most_sightings=2)
    with pytest.raises(InvalidQuestion, match="to must be nearer to from: more than 2 sightings"):
        await strict(of())


async def test_what_is_anothers_does_not_exist(analytics: FakeInstallation) -> None:
    await analytics.consumes(lot_created())
    with pytest.raises(UnknownLot):
        await analytics.get_occupancy(of(asker=Asker(organizations=frozenset({uuid4()}))))
    with pytest.raises(UnknownLot):
        await analytics.get_occupancy(of(lot=uuid4()))
    found, _ = await analytics.get_occupancy(of(asker=Asker(permissions=frozenset({EVERYTHING}))))
    assert len(found) == 2
