"""The nearest lots of a country, with their free spots."""

import json
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from random import Random

from benchmarks.country import places, write_lots
from benchmarks.figures import Goal, Line
from benchmarks.h2load import asked_by_h2load
from benchmarks.load import RATE, Client, Request, client_of, measured
from benchmarks.reference_database import Pool, pool_of
from benchmarks.rotation import Contender, Measured, Rotation, WrongAnswer
from benchmarks.trial import SEED, Findings, Trial
from prometheus_client.parser import text_string_to_metric_families
from tests.chaos.load import door_of

from parking_demo.people import API
from parking_service.adapters.postgres.lot_search import search_statement
from parking_service.application.ports import LotFilter
from parking_service.domain.values import Place
from parking_service.entrypoints.http.search import DEFAULT_RADIUS

WHAT = "the 20 nearest of 100 000 lots with their free spots, each time at another place"
LOTS = 100_000
PAGE = 20
IN_FLIGHT = 16
MORE = 5
"""Times as often: the gateway's own answers would be over too soon otherwise."""
COMPARED = 20
SERVICE, GATEWAY, AGAIN, STATEMENT = "service", "gateway", "gateway, one place", "the service's SQL"
ROUTE = f"{API}/parking-lots"
ANSWERED = "request_duration_seconds_count"

type Question = Callable[[int], Sequence[Place]]
"""So many places that people ask about."""


async def run(trial: Trial) -> Findings:
    """Written by SQL: the search reads nothing but these tables."""
    lots = trial.sized(20_000, LOTS, LOTS)
    url = trial.platform.postgres_owners["parking"]  # only the owner may ANALYZE
    await write_lots(url, lots)
    random = Random(SEED)
    (here,) = places(random, 1)

    def anywhere(count: int) -> Sequence[Place]:
        return places(random, count)

    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(pool_of(url))
        service = await stack.enter_async_context(client_of(door_of(trial.platform, "parking"), IN_FLIGHT))
        gateway = await stack.enter_async_context(client_of(door_of(trial.platform, "gateway"), IN_FLIGHT))
        await _compare(service, pool, anywhere(COMPARED))
        contenders = [
            _asking(SERVICE, service, anywhere),
            Contender(STATEMENT, lambda count: _by_statement(pool, anywhere(count))),
            _asking(GATEWAY, gateway, anywhere),
        ]
        again = Contender(AGAIN, lambda count: _asked_again(gateway, here, trial, count))
        rotation = await trial.rotated_within_seconds([*contenders, again])
        cached = await _cached(service, gateway, [here] * COMPARED)
    return Findings(
        _lines(rotation, cached), rotation, {"requests": rotation.times, "in flight": IN_FLIGHT, "lots": lots}
    )


def _asking(name: str, client: Client, question: Question) -> Contender:
    async def measure(times: int) -> Measured:
        requests = [_request(place) for place in question(times)]
        return await measured(requests, IN_FLIGHT, lambda request: _ask(client, request))

    return Contender(name, measure)


async def _ask(client: Client, request: Request) -> None:
    _, body = await client.send(request)
    if body.count(b'"distance_m"') != PAGE:
        raise WrongAnswer(f"{request.path} gave {body.count(b'distance_m')} lots, not {PAGE}")


async def _asked_again(gateway: Client, here: Place, trial: Trial, count: int) -> Measured:
    """The gateway answers faster than a client in Python can ask; what it has to answer is looked at before."""
    request = _request(here)
    await _ask(gateway, request)
    return await asked_by_h2load(trial.platform.gateway + request.path, count * MORE, IN_FLIGHT, trial.scratch)


async def _by_statement(pool: Pool, asked: Sequence[Place]) -> Measured:
    async def fetch(place: Place) -> None:
        text, arguments = _statement(place)
        if len(await pool.fetch(text, *arguments)) <= PAGE:
            raise WrongAnswer(f"near {place} are not more than {PAGE} lots")

    return await measured(asked, IN_FLIGHT, fetch)


def _request(place: Place) -> Request:
    return Request("GET", f"{ROUTE}?latitude={place.latitude}&longitude={place.longitude}&limit={PAGE}", (200,))


def _statement(place: Place) -> tuple[str, Sequence[object]]:
    """One lot more than a page has: so the service learns whether there is a next one."""
    return search_statement(LotFilter(datetime.now(UTC), place, DEFAULT_RADIUS, limit=PAGE + 1))


async def _compare(client: Client, pool: Pool, asked: Sequence[Place]) -> None:
    """The service answers with the lots that the statement finds, in its order."""
    for place in asked:
        text, arguments = _statement(place)
        rows = await pool.fetch(text, *arguments)
        _, body = await client.send(_request(place))
        if [str(row["id"]) for row in rows[:PAGE]] != [lot["id"] for lot in json.loads(body)["items"]]:
            raise WrongAnswer(f"near {place} the service finds other lots than its own statement")


async def _cached(service: Client, gateway: Client, asked: Sequence[Place]) -> int:
    """How many of the answers did not come from the service."""
    before = await _answered(service)
    for place in asked:
        await gateway.send(_request(place))
    return len(asked) - (await _answered(service) - before)


async def _answered(service: Client) -> int:
    """How many searches the service has answered since it started, as its metrics say."""
    _, text = await service.send(Request("GET", "/metrics", (200,)))
    return int(
        sum(
            sample.value
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
            if sample.name == ANSWERED and sample.labels["route"] == ROUTE
        )
    )


def _lines(rotation: Rotation, cached: int) -> Sequence[Line]:
    statement = rotation.series(STATEMENT, RATE)
    note = "" if cached else "the gateway has no cache of it: the service answered every repeated question"
    return [
        Line("service", rotation.series(SERVICE, RATE), statement, Goal("ratio", "≥", 0.5)),
        Line("through the gateway, TLS", rotation.series(GATEWAY, RATE), statement),
        Line("gateway, asked again", rotation.series(AGAIN, RATE), statement, Goal("ratio", "≥", 3), note),
    ]
