"""What is wrong with a request is said in plain words, and at its place in the request."""

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Query
from pydantic import EmailStr, Field, StrictBool, StrictInt, StringConstraints

from parking_chassis.access_tokens import AccessTokenVerifier, SharedSecret
from parking_chassis.app import create_app
from parking_chassis.error_words import NOT_VALID, pattern
from parking_chassis.idempotency import IdempotencyKey
from parking_chassis.instants import Instant
from parking_chassis.invalid_requests import first_repeated
from parking_chassis.schemas import Line, RequestBody

LIBRARIES = ("Input should", "Value error", "valid ", "Field required", "not permitted", "JSON decode", "pattern")
LETTER = pattern("^[A-Z]$", "must be a letter such as B")


class Level(StrEnum):
    ROOF = "roof"
    CELLAR = "cellar"


class Place(RequestBody):
    latitude: Annotated[float, Field(strict=True, ge=-90, le=90)]
    longitude: Annotated[float, Field(strict=True, gt=-180, lt=180)] = 0


class Price(RequestBody):
    amount: StrictInt
    currency: str = "EUR"


class Stay(RequestBody):
    start_time: Instant
    day: date | None = None
    wheels: Annotated[int, Field(ge=1, le=12)] = 4
    covered: StrictBool = False
    width: float = 1.0
    share: Annotated[Decimal, Field(max_digits=4, decimal_places=2)] = Decimal(0)
    letter: Annotated[str, StringConstraints(pattern=LETTER)] = "A"
    name: Annotated[Line, StringConstraints(min_length=1, max_length=5)] = "A"
    spot_type: Literal["standard", "compact", "motorcycle"] = "standard"
    kind: Literal["car"] = "car"
    level: Level = Level.ROOF
    covered_level: Literal[Level.ROOF, Level.CELLAR] = Level.ROOF
    lot_id: UUID | None = None
    email: EmailStr | None = None
    place: Place | None = None
    places: Annotated[tuple[Place, ...], Field(max_length=2)] = ()
    hours: tuple[tuple[str, str], ...] = ()
    price: int | Price = 0
    prices: Annotated[dict[Annotated[str, Field(max_length=3)], Price] | None, Field(min_length=1)] = None


def application() -> Any:
    router = APIRouter()

    @router.post("/stays")
    async def create_stay(body: Stay) -> str:
        return body.name

    @router.post("/reasons")
    async def give_reason(body: Place | None = None) -> str:
        return repr(body)

    @router.get("/stays/{stay_id}")
    async def get_stay(stay_id: UUID, radius_m: Annotated[int, Query(ge=1)] = 1, since: Instant | None = None) -> str:
        return f"{stay_id} {radius_m} {since}"

    @router.post("/keyed")
    async def keyed(idempotency_key: IdempotencyKey) -> str:
        return idempotency_key

    verifier = AccessTokenVerifier(SharedSecret("s" * 32), issuer="https://x", audience="parking", algorithms=["HS256"])
    return create_app("stays", "Stays.", routers=[router], problems={}, readiness={}, token_verifier=verifier)


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


def mistakes(answer: httpx.Response) -> list[tuple[str, str]]:
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json"), answer.text
    found = [(each["pointer"], each["detail"]) for each in answer.json()["errors"]]
    assert answer.json()["detail"] == "; ".join(
        f"the body {rule}" if pointer == "/" else f"{pointer}: {rule}" for pointer, rule in found
    )
    assert not any(words in rule for words in LIBRARIES for _, rule in found), found
    assert NOT_VALID not in {rule for _, rule in found}
    return found


A_TIME = "such as 2026-03-01T12:00:00+01:00 (RFC 3339)"
FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"start_time": "2026-01-01T10:00:00"}, "/start_time", f"must be a time with an offset, {A_TIME}"),
    ({"start_time": None}, "/start_time", f"must be a time with an offset, {A_TIME}"),
    ({"day": "tomorrow"}, "/day", "must be a date such as 2026-03-01"),
    ({"day": "2026-03-01T12:00:00"}, "/day", "must be a date such as 2026-03-01"),
    ({"wheels": 0}, "/wheels", "must be at least 1"),
    ({"wheels": 13}, "/wheels", "must be at most 12"),
    ({"wheels": "many"}, "/wheels", "must be a whole number"),
    ({"wheels": 1.5}, "/wheels", "must be a whole number, without a fraction"),
    ({"wheels": [4]}, "/wheels", "must be a whole number, not a list"),
    ({"wheels": 10**400}, "/wheels", "must be at most 12"),
    ({"wheels": "9" * 4301}, "/wheels", "must be a whole number of fewer digits"),
    ({"covered": "yes"}, "/covered", "must be a boolean, true or false, not a string"),
    ({"width": {}}, "/width", "must be a number, not an object"),
    ({"share": "1.234"}, "/share", "must have at most 2 decimals"),
    ({"share": "12345"}, "/share", "must have at most 4 digits"),
    ({"share": "123"}, "/share", "must have at most 2 digits before the point"),
    ({"share": "a"}, "/share", "must be a number"),
    ({"letter": "AB"}, "/letter", "must be a letter such as B"),
    ({"name": ""}, "/name", "must have at least 1 character"),
    ({"name": "Anthony"}, "/name", "must have at most 5 characters"),
    ({"name": "a\nb"}, "/name", "must be one line, without control characters such as a line break"),
    ({"name": "\0"}, "/name", "must be one line, without control characters such as a line break"),
    ({"name": True}, "/name", "must be a string, not a truth value"),
    ({"spot_type": "lorry"}, "/spot_type", "must be one of 'standard', 'compact' or 'motorcycle'"),
    ({"kind": "lorry"}, "/kind", "must be 'car'"),
    ({"level": "sky"}, "/level", "must be one of 'roof' or 'cellar'"),
    ({"covered_level": "sky"}, "/covered_level", "must be one of 'roof' or 'cellar'"),
    ({"lot_id": "7"}, "/lot_id", "must be a UUID such as 01890000-0000-7000-8000-000000000000"),
    ({"lot_id": 7}, "/lot_id", "must be a UUID such as 01890000-0000-7000-8000-000000000000"),
    (
        {"email": "pat"},
        "/email",
        "must be an email address such as pat@example.com: An email address must have an @-sign.",
    ),
    ({"place": "here"}, "/place", "must be an object, not a string"),
    ({"place": {"latitude": 91}}, "/place/latitude", "must be at most 90"),
    ({"place": {"latitude": 1, "longitude": 180}}, "/place/longitude", "must be less than 180"),
    ({"place": {"latitude": 1, "longitude": -180}}, "/place/longitude", "must be more than -180"),
    ({"place": {}}, "/place/latitude", "is required"),
    ({"place": {"lattitude": 1, "latitude": 1}}, "/place/lattitude", "is no field of this request; is latitude meant?"),
    ({"places": [{"latitude": 1}, {}]}, "/places/1/latitude", "is required"),
    ({"places": [{"latitude": 1}] * 3}, "/places", "must have at most 2 items"),
    ({"places": [{"latitude": 1, "lon": 1}]}, "/places/0/lon", "is no field of this request"),
    ({"hours": [["06:00"]]}, "/hours/0/1", "is required"),
    ({"hours": {"mon": 1}}, "/hours", "must be a list, not an object"),
    ({"prices": {}}, "/prices", "must have at least 1 item"),
    ({"prices": {"a/b": {"amount": "1"}}}, "/prices/a~1b/amount", "must be a whole number, not a string"),
    ({"prices": {"a~": {}}}, "/prices/a~0/amount", "is required"),
    ({"prices": {"four": {"amount": 1}}}, "/prices/four", "must have at most 3 characters"),
    ({"starttime": 1}, "/starttime", "is no field of this request; is start_time meant?"),
    ({"colour": "red"}, "/colour", "is no field of this request"),
]


@pytest.mark.parametrize(("fields", "pointer", "rule"), FIELDS)
async def test_a_mistake_is_named_in_plain_words(
    client: httpx.AsyncClient, fields: dict[str, Any], pointer: str, rule: str
) -> None:
    answer = await client.post("/stays", json={"start_time": "2026-01-01T10:00:00Z", **fields})
    assert mistakes(answer) == [(pointer, rule)]


async def test_a_missing_field_is_named(client: httpx.AsyncClient) -> None:
    assert mistakes(await client.post("/stays", json={})) == [("/start_time", "is required")]


@pytest.mark.parametrize(
    ("price", "found"),
    [
        ("free", [("/price", "must be a whole number"), ("/price", "must be an object, not a string")]),
        ({"amount": 1.5}, [("/price/amount", "must be a whole number, without a fraction")]),
        ({"amount": 1, "curency": "EUR"}, [("/price/curency", "is no field of this request; is currency meant?")]),
    ],
)
async def test_a_pointer_names_no_branch_of_a_union(
    client: httpx.AsyncClient, price: object, found: list[tuple[str, str]]
) -> None:
    answer = await client.post("/stays", json={"start_time": "2026-01-01T10:00:00Z", "price": price})
    assert set(found) <= set(mistakes(answer))
    assert {pointer.split("/")[1] for pointer, _ in mistakes(answer)} == {"price"}
    assert not any(name in pointer for pointer, _ in mistakes(answer) for name in ("int", "Price", "function"))


async def test_a_thousand_mistakes_are_not_all_named(client: httpx.AsyncClient) -> None:
    """What an answer costs is bounded by us, and not by who asks."""
    unknown = {f"{name}{'x' * 60}": 1 for name in range(1000)}
    found = mistakes(await client.post("/stays", json={"start_time": "2026-01-01T10:00:00Z", **unknown}))
    assert len(found) == 100
    path = f"/stays/{UUID(int=1)}?{'&'.join(map('z{}'.format, range(1000)))}"
    assert len(mistakes(await client.get(path))) == 100


MALFORMED = [
    ("{", "line 1, column 2: here a name in double quotes is missing"),
    ('{"start_time": }', "line 1, column 16: here a value is missing"),
    ('{"a": 1\n "b": 2}', "line 2, column 2: here a comma or an end is missing"),
    ('{"a" 1}', "line 1, column 6: here a colon is missing"),
    ('{"a": 1,\n\n}', "a name in double quotes is missing"),
    ("{} {}", "line 1, column 4: nothing may follow its end"),
    ('{"a": "b', "line 1, column 7: a string begins here and does not end"),
    ('{"a": "\n"}', "line 1, column 8: a string holds a control character that is not escaped"),
    ('{"a": "\\x"}', "line 1, column 8: a backslash begins no escape that JSON has"),
    ('{"a": "\\uXYZT"}', "four hexadecimal digits follow a \\u"),
    ("{'a': 1}", "line 1, column 2: here a name in double quotes is missing"),
    (" ", "here a value is missing"),
]


@pytest.mark.parametrize(("body", "where"), MALFORMED)
async def test_malformed_json_is_named_with_line_and_column(client: httpx.AsyncClient, body: str, where: str) -> None:
    answer = await client.post("/stays", content=body, headers={"Content-Type": "application/json"})
    ((pointer, rule),) = mistakes(answer)
    assert pointer == "/"
    assert rule.startswith("is no JSON: line ")
    assert where in rule


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("", "is required: send a JSON object"),
        ("[]", "must be an object, not a list"),
        ('"here"', "must be an object, not a string"),
        ("7", "must be an object, not a number"),
        ("null", "must be an object, not null"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"a":' * 100_000, "is nested too deeply"),
        ('{"wheels": ' + "9" * 5000 + "}", "must be JSON whose numbers have fewer digits"),
        (b'{"name": "\xff"}', "must be JSON in UTF-8"),
    ],
)
async def test_a_body_that_is_no_object_is_named_as_a_whole(
    client: httpx.AsyncClient, body: str | bytes, rule: str
) -> None:
    answer = await client.post("/stays", content=body, headers={"Content-Type": "application/json"})
    assert mistakes(answer) == [("/", rule)]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ('{"name": "a", "name": "b"}', "/name"),
        ('{"places": [{}, {"latitude": 1, "latitude": 1}]}', "/places/1/latitude"),
        ('{"prices": {"a/b": 1, "a/b": 2}}', "/prices/a~1b"),
        ('{"\\ud800": 1, "\\ud800": 2}', "/?"),
        ("[" * 900 + '{"a": 1, "a": 1}' + "]" * 900, "/0" * 900 + "/a"),
    ],
)
async def test_a_field_is_named_once(client: httpx.AsyncClient, body: str, pointer: str) -> None:
    answer = await client.post("/stays", content=body, headers={"Content-Type": "application/json"})
    assert mistakes(answer) == [(pointer, "is named more than once")]


@pytest.mark.parametrize(
    ("field", "pointer", "rule"),
    [
        ('"width": NaN', "/width", "must be a finite number"),
        ('"width": -Infinity', "/width", "must be a finite number"),
        ('"width": 1e999', "/width", "must be a finite number"),
        ('"wheels": NaN', "/wheels", "must be a finite number"),
        ('"name": "\\ud800"', "/name", "must not contain half of a surrogate pair"),
        ('"\\ud800": 1', "/", "must not contain half of a surrogate pair"),
    ],
)
async def test_what_json_or_utf_8_has_not_is_refused_by_name(
    client: httpx.AsyncClient, field: str, pointer: str, rule: str
) -> None:
    body = f'{{"start_time": "2026-01-01T10:00:00Z", {field}}}'
    answer = await client.post("/stays", content=body, headers={"Content-Type": "application/json"})
    assert mistakes(answer) == [(pointer, rule)]


@pytest.mark.parametrize("path", ["/stays", "/reasons"])
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", None])
async def test_a_wrong_media_type_is_415_and_names_what_is_accepted(
    client: httpx.AsyncClient, path: str, media_type: str | None
) -> None:
    headers = {"Content-Type": media_type} if media_type else {}
    answer = await client.post(path, content='{"start_time": "2026-01-01T10:00:00Z"}', headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json")
    assert (answer.json()["type"], answer.headers["accept"]) == ("/problems/unsupported-media-type", "application/json")
    assert (media_type or "without a Content-Type") in answer.json()["detail"]
    assert "send application/json" in answer.json()["detail"]


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"]
)
async def test_json_is_taken_under_each_of_its_names(client: httpx.AsyncClient, media_type: str) -> None:
    body = '{"start_time": "2026-01-01T10:00:00Z"}'
    assert (await client.post("/stays", content=body, headers={"Content-Type": media_type})).status_code == 200


async def test_a_body_that_may_be_left_out_needs_no_media_type(client: httpx.AsyncClient) -> None:
    assert (await client.post("/reasons")).status_code == 200


@pytest.mark.parametrize(
    ("path", "pointer", "rule"),
    [
        ("/stays/7", "path/stay_id", "must be a UUID such as 01890000-0000-7000-8000-000000000000"),
        (f"/stays/{UUID(int=1)}?radius_m=a", "query/radius_m", "must be a whole number"),
        (f"/stays/{UUID(int=1)}?radius_m=0", "query/radius_m", "must be at least 1"),
        (f"/stays/{UUID(int=1)}?radius_m={'9' * 5000}", "query/radius_m", "must be a whole number of fewer digits"),
        (f"/stays/{UUID(int=1)}?since=2026-01-01", "query/since", f"must be a time with an offset, {A_TIME}"),
        (f"/stays/{UUID(int=1)}?radius=1", "query/radius", "is no parameter of this request; is radius_m meant?"),
        (f"/stays/{UUID(int=1)}?colour=1", "query/colour", "is no parameter of this request"),
    ],
)
async def test_parameters_are_named_alike(client: httpx.AsyncClient, path: str, pointer: str, rule: str) -> None:
    assert mistakes(await client.get(path)) == [(pointer, rule)]


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        ({}, "is required"),
        ({"Idempotency-Key": ""}, "must be visible characters of ASCII, such as those of a UUID"),
        ({"Idempotency-Key": "k" * 256}, "must have at most 255 characters"),
    ],
)
async def test_headers_are_named_alike(client: httpx.AsyncClient, headers: dict[str, str], rule: str) -> None:
    assert mistakes(await client.post("/keyed", headers=headers)) == [("header/Idempotency-Key", rule)]


def test_looking_for_a_field_named_twice_costs_what_the_body_has() -> None:
    compared = 0

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    many = 2_000
    names = [Name(f"field {number}") for number in range(many)]
    assert first_repeated([*names, Name(f"field {many - 1}")]) == f"field {many - 1}"
    assert compared <= 2 * many, "not each name with each"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "the body is required: send a JSON object"),
        ("{", "the body is no JSON: line 1, column 2: here a name in double quotes is missing"),
        ("[]", "the body must be an object, not a list"),
        ("[" * 100_000, "the body is nested too deeply"),
    ],
)
async def test_what_is_wrong_with_a_whole_body_reads_as_a_sentence(
    client: httpx.AsyncClient, body: str, sentence: str
) -> None:
    answer = await client.post("/stays", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["detail"] == sentence
