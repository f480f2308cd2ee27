"""A process that is asked to stop finishes what it has begun, and ends by itself."""

import asyncio
import re
import signal
from collections.abc import Sequence

import pytest

from parking_demo.people import Driver, Operator
from parking_platform.testing.platform import RunningPlatform

BOOKINGS = 60
JAVA = {"kafka", "elasticsearch"}
"""They end by the signal's number."""
SERVICES = ("auth", "parking", "reservation", "payment", "notification", "analytics")


async def test_what_was_acknowledged_outlives_the_process(
    platform: RunningPlatform, driver: Driver, operator: Operator
) -> None:
    """New requests may be turned away while nobody listens (502), but none gets half an answer, and none is lost."""
    lot = await operator.open_lot(spots=BOOKINGS)

    async def reserve_all() -> Sequence[asyncio.Task]:
        return [asyncio.create_task(driver.reserve(lot, key=f"booking {number}")) for number in range(BOOKINGS)]

    asking = await reserve_all()
    await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    platform.signal("reservation-serve", signal.SIGTERM)
    answers = [await each for each in asking]
    assert {answer.status_code for answer in answers} <= {201, 502}
    acknowledged = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert acknowledged

    await platform.wait_until_ready("reservation-serve", 60)
    again = [await each for each in await reserve_all()]
    assert {answer.status_code for answer in again} == {201}, "the same key again gets the booking"
    mine = (await driver.get("/reservations", params={"limit": 100})).json()["items"]
    assert acknowledged <= {answer.json()["id"] for answer in again} == {each["id"] for each in mine}
    assert len(mine) == BOOKINGS


@pytest.mark.ends_platform
async def test_down_lets_every_process_end_by_itself(platform: RunningPlatform) -> None:
    """Each gets its signal while the servers that it needs still run, and none has to be killed."""
    ours = {each.process.name for each in await platform.stack.health()} - JAVA
    assert {f"{service}-{command}" for service in SERVICES for command in ("serve", "work")} < ours

    await platform.stack.down()

    assert {name: _exit_codes(platform, name)[-1] for name in ours} == dict.fromkeys(ours, 0)
    assert platform.stack.left() == []


def _exit_codes(platform: RunningPlatform, name: str) -> list[int]:
    """How a process ended each time, as the supervisor that started it reports."""
    codes = re.findall(rf"(?:exited|stopped): {name} \((?:exit status (\d+)|terminated by)", platform.log("supervisor"))
    return [int(code) if code else -1 for code in codes]
