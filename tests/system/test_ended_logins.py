"""A user who is suspended, or loses a role or a membership, is refused everywhere within two seconds, token or not."""

import asyncio
import signal
import ssl
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from httpx import codes
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from parking_demo.people import API, Administrator, CarPark, Driver, Operator, Person, require
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import wait_until

PROMISED_SECONDS = 2
PAUSE = 0.1
"""The gateway counts requests."""

Calls = Mapping[str, Callable[[], Awaitable[httpx.Response]]]


def calls_of(person: Person) -> Calls:
    """What everyone may ask of the services about themselves."""
    return {
        "reservation": lambda: person.get("/reservations"),
        "payment": lambda: person.get("/payments"),
        "notification": lambda: person.get("/notifications"),
        "auth": lambda: person.get("/users/me"),
    }


def operator_calls_of(operator: Operator, lot: CarPark) -> Calls:
    """What an operator may ask besides, of the lots and what became of them."""
    seen = {"spot_id": lot.spots["1"], "occupied": False}
    now = datetime.now(UTC)
    period = {"from": (now - timedelta(hours=1)).isoformat(), "to": now.isoformat()}

    async def report() -> httpx.Response:
        readings = {"readings": [seen | {"at": datetime.now(UTC).isoformat()}]}
        return await operator.post(f"/parking-lots/{lot.id}/occupancy", readings)

    return {
        "parking": report,
        "analytics": lambda: operator.get("/analytics/occupancy", params={"parking_lot_id": lot.id, **period}),
        **calls_of(operator),
    }


async def statuses(calls: Calls) -> dict[str, int]:
    return {name: (await call()).status_code for name, call in calls.items()}


async def assert_accepted(calls: Calls) -> None:
    """Every one of them, once what was just made has come round."""

    async def all_accepted() -> bool:
        return set((await statuses(calls)).values()) == {codes.OK}

    await wait_until(all_accepted, "every service to accept the token", seconds=60, pause=PAUSE)


async def assert_refused(calls: Calls) -> None:
    """Every one of them, within the promised time."""

    async def all_refused() -> bool:
        return set((await statuses(calls)).values()) == {codes.UNAUTHORIZED}

    await wait_until(all_refused, "every service to refuse the token", seconds=PROMISED_SECONDS, pause=PAUSE)


async def closing(socket: ClientConnection) -> int | None:
    """The code that the server closes with; what it says before is passed over."""
    try:
        while True:
            await socket.recv()
    except ConnectionClosed:
        return socket.close_code


async def suspend(administrator: Administrator, person: Person) -> None:
    user_id = await person.user_id()
    require(await administrator.post(f"/users/{user_id}/suspend", {"reason": "abuse"}), codes.NO_CONTENT)


async def test_a_suspended_drivers_token_is_refused_everywhere_and_the_socket_is_closed(
    platform: RunningPlatform, administrator: Administrator, driver: Driver
) -> None:
    calls = calls_of(driver)
    await assert_accepted(calls)
    address = f"{platform.gateway.replace('https', 'wss')}{API}/ws"
    protocol = Subprotocol(f"bearer.{driver.tokens['access_token']}")
    trust = ssl.create_default_context(cafile=platform.ca)
    async with connect(address, subprotocols=[protocol], ssl=trust, proxy=None) as socket:
        await suspend(administrator, driver)
        async with asyncio.timeout(PROMISED_SECONDS):
            assert await closing(socket) == 1008
        await assert_refused(calls)


@pytest.mark.parametrize("taken", ["account", "role", "membership"])
async def test_an_operator_is_out_of_parking_and_all_others(
    administrator: Administrator, operator: Operator, taken: str
) -> None:
    calls = operator_calls_of(operator, await operator.open_lot())
    await assert_accepted(calls)
    user_id = await operator.user_id()
    path = {
        "role": f"/users/{user_id}/roles/operator",
        "membership": f"/organizations/{operator.organization_id}/members/{user_id}",
    }
    if taken == "account":
        await suspend(administrator, operator)
    else:
        require(await administrator.send("DELETE", path[taken]), codes.NO_CONTENT)
    await assert_refused(calls)


async def test_while_a_services_worker_stands_still_it_goes_on_with_what_it_knows(
    platform: RunningPlatform, administrator: Administrator, driver: Driver
) -> None:
    """The negative control: it is the consumed event that ends the token. The worker's return makes up for it."""
    calls = calls_of(driver)
    await assert_accepted(calls)
    others = {name: call for name, call in calls.items() if name != "reservation"}
    platform.signal("reservation-work", signal.SIGSTOP)
    try:
        await suspend(administrator, driver)
        await assert_refused(others)
        assert (await calls["reservation"]()).status_code == codes.OK
    finally:
        platform.signal("reservation-work", signal.SIGCONT)

    async def refused() -> bool:
        return (await calls["reservation"]()).status_code == codes.UNAUTHORIZED

    await wait_until(refused, "reservation to refuse the token", seconds=30, pause=PAUSE)
