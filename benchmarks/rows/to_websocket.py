"""From a reservation's commit until a WebSocket client receives it."""

import json
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from benchmarks.figures import Goal, Line
from benchmarks.load import P50, P99
from benchmarks.rotation import Contender, Measured, NotMeasured
from benchmarks.steady import MADE, Seen, SteadyBookings, steady_bookings
from benchmarks.trial import Findings, Trial
from tests.chaos.load import door_of
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from parking_demo.people import API
from parking_platform.testing.waiting import meanwhile

WHAT = "commit → received over a WebSocket, at 200 reservations/s"
ROW = "commit → WebSocket"


async def run(trial: Trial) -> Findings:
    """The operator listens to the organization's room: the public rooms of its lots carry no reservations."""
    times = trial.sized(200, 2_000, 4_000)
    async with steady_bookings(trial) as bookings:

        async def measure(count: int) -> Measured:
            async with _listening(trial, bookings) as received:
                return await bookings.latencies(await bookings.book(count), received)

        rotation = await trial.rotated([Contender(ROW, measure)], times)
    return Findings(
        [
            Line("p50", rotation.series(ROW, P50), goal=Goal("figure", "≤", 60), note=bookings.note),
            Line("p99", rotation.series(ROW, P99), goal=Goal("figure", "≤", 250)),
            Line("the load", rotation.series(ROW, MADE)),
        ],
        rotation,
        {"reservations": times, "listeners": 1},
    )


@asynccontextmanager
async def _listening(trial: Trial, bookings: SteadyBookings) -> AsyncGenerator[Seen]:
    operator, door = bookings.world.operator, door_of(trial.platform, "gateway")
    await operator.sign_in()
    protocol = Subprotocol(f"bearer.{operator.tokens['access_token']}")
    address = f"{door.address.replace('https', 'wss', 1)}{API}/ws"
    trust = None if isinstance(door.trust, bool) else door.trust
    async with connect(address, ssl=trust, subprotocols=[protocol], proxy=None, max_queue=None) as socket:
        await socket.send(json.dumps({"type": "subscribe", "room": f"organization:{operator.organization_id}"}))
        answer = json.loads(await socket.recv())
        if answer["type"] != "subscribed":
            raise NotMeasured(f"the room could not be entered: {answer}")
        received = dict[str, float]()
        async with meanwhile(_listen(socket, received)):
            yield received


async def _listen(socket: ClientConnection, received: dict[str, float]) -> None:
    async for text in socket:
        at = time.time()
        received.setdefault(json.loads(text)["data"]["id"], at)
