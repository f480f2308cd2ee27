"""Every route of every service refuses the token of a user who lost an account, a role or a membership.

The routes are those of the services' own documents, so that a new one is among them by itself.
"""

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest
from httpx import codes
from tests.system.test_ended_logins import PAUSE, PROMISED_SECONDS, closing, suspend
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from parking_demo.people import API, Administrator, Operator, Person, require
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import wait_until

PUBLIC = {
    *(f"POST /auth/{name}" for name in ("register", "verify-email", "verify-email/resend", "token", "revoke")),
    *("GET /auth/jwks.json", "GET /gates/jwks.json", "POST /webhooks/stripe", "POST /quotes"),
    *("GET /parking-lots", "GET /parking-lots/{}", "GET /parking-lots/{}/spots", "GET /parking-lots/{}/tariff"),
    "GET /parking-lots/{}/availability",
}
"""What anybody may ask without a token; a route that is neither here nor guarded is a mistake."""


@dataclass(frozen=True)
class Route:
    """A call of one service, past the gateway, which counts requests."""

    service: str
    method: str
    path: str
    is_guarded: bool

    @property
    def name(self) -> str:
        return f"{self.method} {re.sub(r'{[^}]*}', '{}', self.path.removeprefix(API))}"

    @property
    def ends_what_asks(self) -> bool:
        """Whether it takes no id: then it is about the login or the account that asks."""
        return self.method == "DELETE" and "{" not in self.path

    async def status(self, client: httpx.AsyncClient, platform: RunningPlatform, person: Person) -> int:
        """What it answers to a person who asks for things that are not there."""
        url = platform.address(self.service) + re.sub(r"{[^}]*}", str(uuid4()), self.path)
        body = {} if self.method in {"POST", "PUT", "PATCH"} else None
        headers = person.authorization | {"Idempotency-Key": str(uuid4())}
        return (await client.request(self.method, url, json=body, headers=headers)).status_code


async def routes_of(platform: RunningPlatform, client: httpx.AsyncClient) -> Sequence[Route]:
    """All routes of all services; those that end the login that asks come last."""
    routes: list[Route] = []
    for service in platform.parts.settings.services:
        document = require(await client.get(f"{platform.address(service)}/openapi.json"), codes.OK).json()
        routes += [
            Route(service, method.upper(), path, bool(call.get("security")))
            for path, calls in document["paths"].items()
            for method, call in calls.items()
        ]
    return sorted(routes, key=lambda route: route.ends_what_asks)


async def statuses(
    platform: RunningPlatform, client: httpx.AsyncClient, routes: Sequence[Route], person: Person
) -> dict[str, int]:
    return {route.name: await route.status(client, platform, person) for route in routes}


async def take_away(administrator: Administrator, operator: Operator, what: str) -> None:
    user_id = await operator.user_id()
    if what == "account":
        await suspend(administrator, operator)
        return
    path = {
        "role": f"/users/{user_id}/roles/operator",
        "membership": f"/organizations/{operator.organization_id}/members/{user_id}",
    }
    require(await administrator.send("DELETE", path[what]), codes.NO_CONTENT)


@pytest.mark.parametrize("taken", ["account", "role", "membership"])
async def test_no_route_is_open_to_the_old_token_and_no_message_comes(
    platform: RunningPlatform, administrator: Administrator, operator: Operator, taken: str
) -> None:
    # A lot that is open shows that all services know the operator's organization.
    lot = await operator.open_lot(spots=1)
    address = f"{platform.gateway.replace('https', 'wss')}{API}/ws"
    protocol = Subprotocol(f"bearer.{operator.tokens['access_token']}")
    trust = ssl.create_default_context(cafile=platform.ca)
    async with (
        httpx.AsyncClient(trust_env=False, timeout=30) as client,
        connect(address, subprotocols=[protocol], ssl=trust, proxy=None) as socket,
    ):
        guarded = [route for route in await routes_of(platform, client) if route.is_guarded]
        await socket.send(f'{{"type": "subscribe", "room": "organization:{operator.organization_id}"}}')
        await socket.recv()
        await take_away(administrator, operator, taken)
        async with asyncio.timeout(PROMISED_SECONDS):
            assert await closing(socket) == 1008
        one_of_each = {route.service: route for route in guarded if route.method == "GET"}.values()

        async def refused() -> bool:
            return set((await statuses(platform, client, list(one_of_each), operator)).values()) == {401}

        await wait_until(refused, "every service to refuse the token", seconds=PROMISED_SECONDS, pause=PAUSE)
        answers = await statuses(platform, client, guarded, operator)
        assert {name: status for name, status in answers.items() if status != codes.UNAUTHORIZED} == {}
        # What anybody may see is not refused to one who shows an old token.
        seen = await client.get(
            f"{platform.address('parking')}{API}/parking-lots/{lot.id}", headers=operator.authorization
        )
        assert seen.status_code == codes.OK


async def test_the_same_routes_are_open_to_a_token_that_counts(
    platform: RunningPlatform, administrator: Administrator, operator: Operator
) -> None:
    """The negative control: it is not the way of asking that is refused."""
    await operator.open_lot(spots=1)
    other = await administrator.take_on_an_operator()
    await take_away(administrator, other, "account")
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        guarded = [route for route in await routes_of(platform, client) if route.is_guarded]
        answers = await statuses(platform, client, guarded, operator)
        assert len(answers) > 30
        assert [name for name, status in answers.items() if status == codes.UNAUTHORIZED] == []
        assert [name for name, status in answers.items() if status >= codes.INTERNAL_SERVER_ERROR] == []


async def test_what_is_open_without_a_token_is_known(platform: RunningPlatform) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        open_to_all = {route.name for route in await routes_of(platform, client) if not route.is_guarded}
    assert open_to_all - PUBLIC == set()
