"""A process that is told to stop finishes what it has begun, and ends by itself."""

import asyncio
import os
import re
import signal
from collections.abc import Sequence

import pytest

from parking_demo.people import Driver, Operator
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import wait_until

GRACE = 10
BOOKINGS = 60
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
    assert {answer.status_code for answer in again} == {201}, "who asks again with the same key gets the booking"
    mine = (await driver.get("/reservations", params={"limit": 100})).json()["items"]
    assert acknowledged <= {answer.json()["id"] for answer in again} == {each["id"] for each in mine}
    assert len(mine) == BOOKINGS


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([f"{service}-serve" for service in SERVICES], id="serve"),
        pytest.param([f"{service}-work" for service in SERVICES], id="work"),
        pytest.param(["nginx", "mail-catcher", "stripe-simulator", "gateway-spans"], id="ours"),
    ],
)
async def test_every_process_ends_by_itself(platform: RunningPlatform, names: list[str]) -> None:
    pids = {name: platform.signal(name, signal.SIGTERM) for name in names}

    def all_gone() -> bool:
        return not any(_lives(pid) for pid in pids.values())

    await wait_until(all_gone, f"{', '.join(names)} to end", seconds=GRACE)
    for name in names:
        await platform.wait_until_ready(name, 90)
    assert {name: _exit_codes(platform, name)[-1] for name in names} == dict.fromkeys(names, 0)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _exit_codes(platform: RunningPlatform, name: str) -> list[int]:
    """How a process ended each time, as the supervisor that started it tells."""
    told = re.findall(
        rf"exited: {name} \(exit status (\d+);|exited: {name} \(terminated by", platform.log("supervisor")
    )
    return [int(code) if code else -1 for code in told]
