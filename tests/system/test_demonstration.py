"""`make demo` shows what really happens, and says where it stops when something does not."""

import io
import signal
from collections.abc import Sequence
from contextlib import aclosing

import pytest
from httpx import codes

from parking_demo.addresses import Addresses
from parking_demo.effects import Medium, Sighting
from parking_demo.journey import Goal, Journey
from parking_demo.narration import Narration
from parking_demo.people import Administrator, Driver, Operator, require
from parking_demo.steps import StepFailed, StepReport
from parking_demo.supply_story import SupplyStory
from parking_demo.watching.witnesses import Witnesses
from parking_platform.testing.platform import RunningPlatform

SIHLQUAI = Goal("Sihlquai", 47.3825, 8.5345)
DOING = {"auth", "reservation", "payment", "notification", "analytics"}


async def _played(
    platform: RunningPlatform, driver: Driver, operator: Operator, *, see_seconds: float = 20
) -> tuple[Journey, list[StepReport]]:
    addresses = Addresses.read(platform.parts.layout.demo)
    async with Witnesses.called(addresses, driver.city) as witnesses:
        journey = Journey(driver, operator, SIHLQUAI, witnesses, see_seconds)
        async with aclosing(journey.play()) as steps:
            return journey, [report async for report in steps]


async def test_the_journey_reports_what_every_service_did(
    platform: RunningPlatform, driver: Driver, operator: Operator
) -> None:
    lot = await operator.open_lot(spots=1, hourly=200)
    journey, reports = await _played(platform, driver, operator)

    assert journey.lot["id"] == lot.id
    assert "paid 4.00 CHF with 3-D Secure" in journey.summary
    seen = [sighting for step in reports for sighting in step.sightings]
    assert {sighting.effect.service for sighting in seen} == DOING
    assert _words(seen, Medium.DOCUMENT) == [
        "parking-reservations: + pending, paid 0.00 CHF, version 1",
        "parking-reservations: pending → confirmed, paid 4.00 CHF, version 2",
        "parking-ledger: + payment, gross 4.00 CHF",
        "parking-reservations: confirmed → active, paid 4.00 CHF, version 3",
        "parking-reservations: active → completed, paid 4.00 CHF, version 4",
    ]
    live = [words.split()[0] for words in _words(seen, Medium.LIVE)]
    assert [name for name in live if name.startswith("reservation.")] == [
        "reservation.created",
        "reservation.confirmed",
        "reservation.checked_in",
        "reservation.completed",
    ]
    assert not {sighting.effect for sighting in reports[1].sightings}, "to look for a lot changes nothing"
    output = io.StringIO()
    narration = Narration.to(output)
    for step in reports:
        narration.show(step)
    assert "payments: action_required → succeeded" in output.getvalue()
    assert "\033" not in output.getvalue()


async def test_the_journey_names_the_step_that_does_not_hold(
    platform: RunningPlatform, driver: Driver, operator: Operator
) -> None:
    await operator.open_lot(spots=1)
    platform.signal("reservation-work", signal.SIGSTOP)
    try:
        with pytest.raises(StepFailed, match="The driver reserves a spot") as failed:
            await _played(platform, driver, operator, see_seconds=2)
    finally:
        platform.signal("reservation-work", signal.SIGCONT)
    assert "reservation: event reservation.created" in str(failed.value)


async def test_one_supply_change_moves_a_booking_and_refunds_another(
    platform: RunningPlatform, driver: Driver, operator: Operator, administrator: Administrator
) -> None:
    """Also where the operator works for a second organization."""
    await operator.open_lot(spots=1)  # parking knows the operator's new organization then
    second = require(await administrator.post("/organizations", {"name": "A second one"}), codes.CREATED).json()["id"]
    member = f"/organizations/{second}/members/{await operator.user_id()}"
    require(await administrator.send("PUT", member, json={}), codes.NO_CONTENT)
    addresses = Addresses.read(platform.parts.layout.demo)
    async with Witnesses.called(addresses, driver.city) as witnesses:
        story = SupplyStory(driver, operator, witnesses, see_seconds=40)
        async with aclosing(story.play()) as steps:
            reports = [report async for report in steps]
    assert story.summary == (
        "of two bookings of spot 1, which went out of service, one was moved to spot 2"
        " and 4.00 EUR of the other went back"
    )
    asked, taken, _ = reports[-3:]
    assert asked.lines[1].endswith("409 /problems/bookings-affected")
    assert not asked.sightings, "a preview and a refusal change nothing"
    assert taken.lines[0] == "`?affected=move` is a job: of 2 bookings, 1 moved, 1 refunded"
    assert [words for words in _words(taken.sightings, Medium.DOCUMENT) if "cancelled" in words or "refund" in words]
    assert {sighting.effect.service for sighting in taken.sightings} == DOING - {"auth"}


def _words(seen: Sequence[Sighting], medium: Medium) -> list[str]:
    return [sighting.words for sighting in seen if sighting.effect.medium is medium]
