"""LIMITS: the gateway's rate limits as they ship; every other row raises them, for its thousands share one address."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import httpx
from tests.chaos.verdict import Verdict
from tests.chaos.world import World

from parking_demo.people import API
from parking_platform.testing.waiting import meanwhile

PROMISE = "a client that asks too often is refused and learns when to ask again; nobody else notices"
PROFILE = "default"
IN_FLIGHT = 32
ELSEWHERE = "127.0.0.2"
BYSTANDERS_PAUSE = 0.25
TOO_MANY = httpx.codes.TOO_MANY_REQUESTS

type Ask = Callable[[], Awaitable[httpx.Response]]


@dataclass(frozen=True)
class Size:
    """How much is asked at once, in what a bucket holds."""

    buckets: float


FULL = Size(buckets=10)
SHORT = Size(buckets=3)


@dataclass(frozen=True)
class Flood:
    """A client that empties a bucket, and another that asks for the same meanwhile."""

    bucket: str
    ask: Ask
    bystander: Ask


async def run(world: World, size: Size, verdict: Verdict) -> None:
    """Each bucket for itself: flooded, watched by a bystander, and asked again when it says."""
    rates = world.platform.parts.profile.rates
    lot = await world.open_lot(1)
    flooder, other = await world.drivers(2, patience=0)
    async with world.platform.client() as here, world.platform.client(ELSEWHERE) as there:
        for flood in (
            Flood("subject", lambda: flooder.get("/reservations"), lambda: other.get("/reservations")),
            Flood("booking", lambda: flooder.reserve(lot), lambda: other.reserve(lot)),
            Flood("address", lambda: here.get(f"{API}/roles"), lambda: there.get(f"{API}/roles")),
            Flood("sign_in", lambda: _refresh(here), lambda: _refresh(there)),
        ):
            await _flooded(flood, rates[flood.bucket], rates[f"{flood.bucket}_burst"], size, verdict)


async def _refresh(client: httpx.AsyncClient) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": "unknown"}
    return await client.post(f"{API}/auth/token", data=form)


async def _flooded(flood: Flood, a_minute: int, burst: int, size: Size, verdict: Verdict) -> None:
    bucket, seen = flood.bucket, list[int]()
    began = time.monotonic()
    async with meanwhile(_again_and_again(flood.bystander, seen)):
        answers = await _at_once(flood.ask, math.ceil(burst * size.buckets))
    seconds = time.monotonic() - began
    refused = [answer for answer in answers if answer.status_code == TOO_MANY]
    passed, allowed = len(answers) - len(refused), burst + 1 + math.ceil(seconds * a_minute / 60)
    verdict.tried[bucket] = f"{len(answers)} requests; {a_minute} a minute and {burst} at once may pass"
    others = f"of another's {len(seen)}, {len(seen) - seen.count(TOO_MANY)}"
    verdict.found[bucket] = f"{passed} passed in {seconds:.1f} s, {allowed} may; {others}"
    verdict.require(burst <= passed <= allowed, f"{bucket}: {passed} passed, not {burst} to {allowed}")
    verdict.require(refused, f"{bucket}: nothing was refused")
    verdict.require(seen and TOO_MANY not in seen, f"{bucket}: another's requests were answered {seen}")
    verdict.violations += [f"{bucket}: a refusal lacks {lack}" for each in refused for lack in _lacks(each, bucket)]
    if refused:
        await asyncio.sleep(int(refused[-1].headers["retry-after"]))
        again = (await flood.ask()).status_code
        verdict.require(again != TOO_MANY, f"{bucket}: refused again after the seconds that it named")


async def _at_once(ask: Ask, times: int) -> Sequence[httpx.Response]:
    places = asyncio.Semaphore(IN_FLIGHT)

    async def one() -> httpx.Response:
        async with places:
            return await ask()

    return await asyncio.gather(*(one() for _ in range(times)))


async def _again_and_again(ask: Ask, seen: list[int]) -> None:
    while True:
        seen.append((await ask()).status_code)
        await asyncio.sleep(BYSTANDERS_PAUSE)


def _lacks(refusal: httpx.Response, bucket: str) -> Sequence[str]:
    present = {
        "its problem": refusal.json()["type"] == "/problems/too-many-requests",
        "Retry-After": refusal.headers.get("retry-after", "").isdigit(),
        "its bucket": refusal.headers.get("ratelimit-policy", "").startswith(f'"{bucket}"'),
    }
    return [what for what, is_there in present.items() if not is_there]
