"""What nobody would write is refused by name or finds nothing. It never ends in an error of ours."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import pytest_asyncio

from parking_demo.people import PASSWORD, Administrator, Json, Operator, tomorrow_at
from parking_platform.testing.platform import RunningPlatform

SERVICES = ("auth", "parking", "reservation", "payment", "notification", "analytics")
LISTS = {
    "GET /api/v1/auth/sessions",
    "GET /api/v1/notifications",
    "GET /api/v1/organizations",
    "GET /api/v1/parking-lots/{lot_id}/spots",
    "GET /api/v1/parking-lots/{parking_lot_id}/availability",
    "GET /api/v1/payments",
    "GET /api/v1/reservations",
    "GET /api/v1/users",
}
INSTANTS = [
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00-14:00",
    "9999-12-31T23:59:59+23:59",
    "9999-12-31T23:59:59-23:59",
    "2026-01-01T00:00:00",
    "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00+99:99",
    "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "2026-W01-1",
    "1e400",
    "",
]
TEXTS = ["\0", "A\0", "\ud800", "\udfff\ud800", "\U0010ffff", "' OR 1=1", "%", "x" * 3000, "\u202e", "\r\n", "-1"]
IDS = [str(uuid4()), "{00000000-0000-0000-0000-000000000000}", "00000000", "urn:uuid:" + str(uuid4())]
DOMAINS = [
    "xn--ib9b",
    "xn--",
    "xn--a",
    "xn--ls8h.la",
    "xn--99999999",
    "xn--ib9b.example.com",
    "\u2603.net",
    "\u00df.de",
]
DOMAINS += [
    "[127.0.0.1]",
    "[IPv6:::1]",
    "-",
    ".",
    "..",
    "localhost",
    "x" * 64 + ".de",
    "a." * 200 + "de",
    "\u200d.de",
    "",
]
NAMES = [
    "a",
    "",
    ".",
    "..",
    "a..b",
    '"a b"',
    "\u0141",
    "\u0130",
    "x" * 300,
    "a\n",
    "a\0",
    "a\u2028b",
    "a@b",
    "<a",
    "=?utf-8?q?a?=",
]


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def odd_cursors() -> Iterator[str]:
    """Instants, ids and texts in every place, other shapes, and what is no JSON or no base64."""
    chance = Random(20)
    for first in [*INSTANTS, *TEXTS, *IDS]:
        yield cursor([first])
        yield cursor([first, chance.choice(IDS)])
        yield cursor([chance.choice(INSTANTS), first])
    yield from map(cursor, [[], {}, None, 1, 1e300, [None], [[]], [1, 2], {"a": "b"}, [["2026"], "a"], ["a"] * 1000])
    yield from ["", "=", "====", "A", "!", "\u00fc", "W10", base64.urlsafe_b64encode(b"[" * 2000).decode()]
    for size in range(1, 40):
        yield base64.urlsafe_b64encode(chance.randbytes(size)).decode()


def odd_addresses() -> Iterator[str]:
    """Odd names at odd domains."""
    chance = Random(20)
    for domain in DOMAINS:
        yield f"a@{domain}"
        yield f"{chance.choice(NAMES)}@{domain}"
    for name in NAMES:
        yield f"{name}@example.com"
    yield from ["@", "a", "a@b@c", " a@example.com ", "Dora <a@example.com>", "a@example.com\r\nBcc: b@example.com"]


@pytest_asyncio.fixture
async def services(platform: RunningPlatform) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """Each service itself: the gateway's limits are for people."""
    clients = {
        name: httpx.AsyncClient(base_url=platform.address(name), trust_env=False, timeout=60) for name in SERVICES
    }
    yield clients
    for client in clients.values():
        await client.aclose()


async def documents(services: dict[str, httpx.AsyncClient]) -> dict[str, Json]:
    """What each service says of itself."""
    return {name: (await client.get("/openapi.json")).json() for name, client in services.items()}


def listing(document: Json) -> Iterator[str]:
    """The paths of a service that page by a cursor."""
    for path, item in document["paths"].items():
        if any(each["name"] == "cursor" for each in item.get("get", {}).get("parameters", ())):
            yield path


async def test_an_odd_cursor_is_refused_by_name_in_every_list(
    services: dict[str, httpx.AsyncClient], administrator: Administrator, operator: Operator
) -> None:
    lot = await operator.open_lot(spots=1)
    period = {"from": tomorrow_at(12).isoformat(), "to": tomorrow_at(13).isoformat()}
    lists = [(name, path) for name, document in (await documents(services)).items() for path in listing(document)]
    assert {f"GET {path}" for _, path in lists} == LISTS
    for name, path in lists:
        statuses: dict[int, list[str]] = {}
        for each in odd_cursors():
            answer = await services[name].get(
                path.format(lot_id=lot.id, parking_lot_id=lot.id),
                params={"cursor": each, **(period if path.endswith("/availability") else {})},
                headers=administrator.authorization,
            )
            statuses.setdefault(answer.status_code, []).append(each)
            if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
                assert [wrong["pointer"] for wrong in answer.json()["errors"]] == ["query/cursor"], (path, each)
        assert statuses.keys() <= {200, 422}, (path, {status: odd[:3] for status, odd in statuses.items()})
        assert statuses[422], path


def routes_of_addresses(document: Json) -> Iterator[tuple[str, str]]:
    """The operations of a service whose body has a field for an e-mail address, and the field."""
    for path, item in document["paths"].items():
        for content in item.get("post", {}).get("requestBody", {}).get("content", {}).values():
            schema = content["schema"]
            if reference := schema.get("$ref"):
                schema = document["components"]["schemas"][reference.rpartition("/")[2]]
            for field, rule in schema.get("properties", {}).items():
                if rule.get("format") == "email":
                    yield path, field


async def test_an_odd_address_is_refused_or_unknown_wherever_one_is_taken(
    services: dict[str, httpx.AsyncClient], administrator: Administrator
) -> None:
    auth = services["auth"]
    routes = [each for document in (await documents(services)).values() for each in routes_of_addresses(document)]
    assert ("/api/v1/auth/register", "email") in routes
    known: dict[str, Any] = {"password": PASSWORD, "full_name": "Pat"}
    for address in odd_addresses():
        form = {"grant_type": "password", "username": address, "password": PASSWORD}
        answers = [
            await auth.post("/api/v1/auth/token", data=form),
            await auth.get("/api/v1/users", params={"query": address}, headers=administrator.authorization),
        ]
        for path, field in routes:
            answers.append(await auth.post(path, json={**known, field: address}))
        statuses = [answer.status_code for answer in answers]
        assert statuses[0] in {200, 400}, address  # 200 where it is one that an earlier round registered
        assert set(statuses[1:]) <= {200, 201, 204, 422}, (address, statuses)


async def test_no_form_names_a_character_that_is_none(services: dict[str, httpx.AsyncClient]) -> None:
    """A form of several parts may choose how its text is written, UTF-7 among the ways."""
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {
            "_charset_": "utf-7",
            "grant_type": "password",
            "username": "+2AA-",
            "password": "+2AA-",
        }.items()
    )
    for charset in ("utf-7", "unicode_escape", "utf-16", "idna", "punycode", "nonsense"):
        answer = await services["auth"].post(
            "/api/v1/auth/token",
            content=f"{parts}--b--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"},
        )
        assert answer.status_code in {400, 422}, charset
