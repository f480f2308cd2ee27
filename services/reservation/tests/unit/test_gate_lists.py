"""What goes on a gate's list."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from services.reservation.tests.examples import NOW, START, period
from services.reservation.tests.fakes.installation import FakeInstallation, operator_of

from parking_kernel.askers import Asker
from reservation_service.application.queries.get_gate_list import GetGateList, GetGateListHandler
from reservation_service.domain.errors import UnknownLot
from reservation_service.domain.gate_lists import window

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "since"),
    [
        (NOW, NOW),
        (NOW + timedelta(minutes=14, seconds=59), NOW),
        (NOW + timedelta(minutes=15), NOW + timedelta(minutes=15)),
    ],
)
def test_it_is_the_same_for_a_quarter_of_an_hour_and_covers_the_next_day_in_any_case(
    now: datetime, since: datetime
) -> None:
    covered = window(now, timedelta(minutes=15))
    assert covered.starts_at == since
    assert covered.ends_at >= now + 24 * HOUR


async def test_it_says_how_far_it_goes_and_when_gates_open(service: FakeInstallation) -> None:
    lot = await service.with_lot(["standard"] * 2)
    for hours in (0, 3, 6, 23):
        await service.paid(await service.held(lot, when=period(1, START + hours * HOUR)))
    service.clock.present = START
    await service.get_gate_list(GetGateList(operator_of(lot), lot.id))
    few = GetGateListHandler(service.work, service.tokens, service.clock, timedelta(0), most=2)
    await few(GetGateList(operator_of(lot), lot.id))
    whole, part = service.tokens.lists
    assert [(each.period.starts_at - START) // HOUR for each in whole.reservations] == [0, 3, 6, 23]
    assert (whole.until, whole.opens_before) == (START + timedelta(hours=24, minutes=15), timedelta(minutes=15))
    assert ([each.period.starts_at for each in part.reservations], part.until) == (
        [START, START + 3 * HOUR],
        START + 6 * HOUR,
    )
    assert part.opens_before == timedelta(0)


async def test_it_is_its_operators_alone(service: FakeInstallation) -> None:
    lot = await service.with_lot()
    for asker in (Asker(uuid4()), Asker(uuid4(), frozenset({uuid4()}))):
        with pytest.raises(UnknownLot):
            await service.get_gate_list(GetGateList(asker, lot.id))
