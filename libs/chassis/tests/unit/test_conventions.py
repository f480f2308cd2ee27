"""The small conventions: cursors, entity tags, settings, retries, ids."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from unittest.mock import ANY
from uuid import UUID

import httpx
import pytest
import trustme
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import DBAPIError

from parking_chassis.concurrency import etag, expected_version
from parking_chassis.database import with_retries
from parking_chassis.ids import new_id
from parking_chassis.instants import Instant
from parking_chassis.pagination import (
    cursor_of,
    decode_cursor,
    encode_cursor,
    id_in_cursor,
    next_page,
    position_in_cursor,
    text_in_cursor,
)
from parking_chassis.problems import Problem
from parking_chassis.schemas import as_one_line, is_one_line, unstorable
from parking_chassis.sealing import CannotOpen
from parking_chassis.settings import AnsweringSettings, ServiceSettings

DATABASE = "postgresql://service@localhost/service"
AUTHORITY = trustme.CA().cert_pem.bytes().decode()


def settings(**values: object) -> ServiceSettings:
    return ServiceSettings.model_validate({"database_url": DATABASE, "token_issuer": "https://x", **values})


def answering(**values: object) -> AnsweringSettings:
    return AnsweringSettings.model_validate({"database_url": DATABASE, "token_issuer": "https://x", **values})


def test_a_cursor_comes_back_as_it_was() -> None:
    assert decode_cursor(encode_cursor("2026-01-01", "7"), 2) == ("2026-01-01", "7")
    assert decode_cursor(None, 2) is None


@pytest.mark.parametrize("cursor", ["!", "bm9uc2Vuc2U", encode_cursor("one"), "WzEsIDJd"])
def test_a_cursor_that_is_not_ours_is_named(cursor: str) -> None:
    with pytest.raises(Problem) as raised:
        decode_cursor(cursor, 2)
    assert raised.value.members["errors"] == [
        {"pointer": "query/cursor", "detail": "must be the cursor of a page's `next`"}
    ]


READERS = [id_in_cursor, position_in_cursor, text_in_cursor]
Odd = st.one_of(
    st.text(),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([+-][0-9]{2}:[0-9]{2}|Z)?", fullmatch=True),
    st.datetimes(timezones=st.timezones()).map(datetime.isoformat),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00", "\0", "\ud800"]),
    st.uuids().map(str),
)


@pytest.mark.parametrize("read", READERS)
@given(position=st.lists(Odd, max_size=3), raw=st.text())
def test_an_odd_cursor_is_refused_by_name_or_holds_what_can_be_stored(
    read: Callable[[str | None], object], position: list[str], raw: str
) -> None:
    for cursor in (base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("="), raw):
        match found_or_refused(read, cursor):
            case Problem() as refused:
                assert refused.members["errors"] == [{"pointer": "query/cursor", "detail": ANY}]
            case (datetime() as at, UUID()):
                assert (at.utcoffset(), at.year in range(1999, 2201)) == (timedelta(0), True)
            case UUID():
                pass
            case text:
                assert unstorable(str(text)) is None


def found_or_refused(read: Callable[[str | None], object], cursor: str) -> object:
    try:
        return read(cursor)
    except Problem as refused:
        return refused


def test_a_cursor_may_be_an_id_and_nothing_else_then() -> None:
    last = new_id()
    assert id_in_cursor(encode_cursor(str(last))) == last
    assert id_in_cursor(None) is None
    with pytest.raises(Problem, match="query/cursor"):
        id_in_cursor(encode_cursor("no id"))


def test_a_cursor_may_be_an_instant_and_an_id() -> None:
    last = (datetime(2026, 3, 1, 12, tzinfo=UTC), new_id())
    assert position_in_cursor(cursor_of(last)) == last
    assert position_in_cursor(encode_cursor("2026-03-01T14:00:00+02:00", str(last[1]))) == last
    assert position_in_cursor(None) is None


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-01T12:00:00", "yesterday", ""]
)
def test_a_cursor_of_no_instant_of_this_age_is_named(at: str) -> None:
    with pytest.raises(Problem, match="query/cursor"):
        position_in_cursor(encode_cursor(at, str(new_id())))


@pytest.mark.parametrize("text", ["2026-11-30T00:00:00+23:59", "2026-11-29T05:31:00-18:30", "2026-11-29T00:01:00Z"])
def test_an_instant_is_in_utc_whatever_its_offset_was(text: str) -> None:
    instant = TypeAdapter[datetime](Instant).validate_python(text)
    assert instant.isoformat() in {"2026-11-29T00:01:00+00:00", "2026-11-30T00:01:00+00:00"}


async def test_the_next_page_keeps_the_other_parameters() -> None:
    app = FastAPI()

    @app.get("/things")
    async def things(request: Request, response: Response) -> str | None:
        return next_page(request, response, "abc")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        answer = await client.get("/things?limit=5")
    assert answer.json() == "/things?limit=5&cursor=abc"
    assert answer.headers["link"] == '</things?limit=5&cursor=abc>; rel="next"'


def test_an_entity_tag_is_the_version() -> None:
    assert expected_version(etag(7)) == 7
    assert expected_version(None) is None
    assert expected_version("*") is None


@pytest.mark.parametrize("tag", ['"seven"', "7", 'W/"7"', '"7", "8"', '"' + "9" * 5000 + '"', '"\u0667"', ""])
def test_what_is_no_entity_tag_of_ours_is_named(tag: str) -> None:
    with pytest.raises(Problem, match="header/If-Match"):
        expected_version(tag)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"token_algorithms": ("HS256",)}, "token_shared_secret is required with the algorithm HS256"),
        ({"token_algorithms": ("HS256",), "token_shared_secret": "short"}, "must have at least 32 characters"),
        ({"token_shared_secret": "x" * 40}, "token_shared_secret is .* allowed only with it"),
        ({"token_algorithms": ("HS256", "ES256"), "token_shared_secret": "x" * 40}, "HS256 stands alone"),
        ({"pool_size": 0}, "pool_size"),
        ({"statement_timeout": 0}, "statement_timeout"),
        ({"trace_sample_ratio": 1.5}, "trace_sample_ratio"),
        ({"crash_points": "/tmp/orders"}, "crash_points is allowed only in the environment test"),
        ({"crash_points": "/tmp/orders", "environment": "development"}, "only in the environment test"),
        ({"database_url": "mysql://x"}, "database_url"),
        ({"kafka_security_protocol": "SASL_SSL"}, "kafka_username and kafka_password are required"),
        ({"kafka_security_protocol": "SASL_SSL", "kafka_username": "parking"}, "kafka_password are required"),
        ({"kafka_username": "parking", "kafka_password": "secret"}, "allowed only with it"),
        ({"kafka_security_protocol": "SSL", "kafka_ca_certificates": "no certificate"}, "kafka_ca_certificates"),
        ({"kafka_ca_certificates": AUTHORITY}, "kafka_ca_certificates are allowed only with"),
    ],
)
def test_settings_that_cannot_work_are_refused(values: dict[str, object], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        settings(**values)


def test_one_shared_secret_stands_for_all_keys() -> None:
    assert settings(token_algorithms=("HS256",), token_shared_secret="x" * 40).token_shared_secret


def test_the_pool_is_as_the_settings_say() -> None:
    pool = settings(pool_size=3, pool_recycle=60, pool_timeout=2.5, statement_timeout=30).pool
    assert (pool.size, pool.recycle, pool.timeout, pool.statement_timeout) == (3, 60, 2.5, 30)
    assert settings().pool.statement_timeout == 15


def test_kafka_is_reached_as_the_settings_say() -> None:
    named = {"kafka_username": "parking", "kafka_password": "secret"}
    kafka = settings(kafka_security_protocol="SASL_SSL", kafka_ca_certificates=AUTHORITY, **named).kafka
    assert kafka == {
        "bootstrap_servers": "localhost:9092",
        "security_protocol": "SASL_SSL",
        "ca_certificates": AUTHORITY,
        "sasl_mechanism": "SCRAM-SHA-512",
        "username": "parking",
        "password": "secret",
    }


def test_settings_show_no_secret() -> None:
    assert "yyyy" not in repr(settings(kafka_security_protocol="SASL_SSL", kafka_username="x", kafka_password="y" * 9))
    assert "xxxx" not in repr(settings(token_algorithms=("HS256",), token_shared_secret="x" * 40))


def test_ids_sort_by_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 1000


def test_an_id_has_the_instant_that_it_is_made_of() -> None:
    at = datetime(2027, 3, 1, 12, 30, 15, 250_999, tzinfo=UTC)
    ids = [new_id(at) for _ in range(1000)]
    assert {each.int >> 80 for each in ids} == {int(at.timestamp()) * 1000 + 250}
    assert len(set(ids)) == 1000


class FailedStatement(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
async def test_a_deadlock_is_tried_again(sqlstate: str) -> None:
    attempts = 0

    async def transaction() -> str:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise DBAPIError("INSERT", {}, FailedStatement(sqlstate))
        return "done"

    assert await with_retries(transaction) == "done"
    assert attempts == 3


async def test_another_failure_is_not_tried_again() -> None:
    attempts = 0

    async def transaction() -> None:
        nonlocal attempts
        attempts += 1
        raise DBAPIError("INSERT", {}, FailedStatement("23514"))

    with pytest.raises(DBAPIError):
        await with_retries(transaction)
    assert attempts == 1


def test_the_first_answer_key_seals_and_all_of_them_open() -> None:
    old, new = (base64.b64encode(bytes([each]) * 32).decode() for each in (1, 2))
    sealed = answering(answer_keys=old).answer_sealer.seal(b"token", "x")
    assert answering(answer_keys=f"{new},{old}").answer_sealer.open(sealed, "x") == b"token"
    with pytest.raises(CannotOpen):
        answering(answer_keys=new).answer_sealer.open(sealed, "x")


@pytest.mark.parametrize("keys", ["", "no base64!", base64.b64encode(bytes(31)).decode(), "AAAA,"])
def test_answer_keys_have_256_bits(keys: str) -> None:
    with pytest.raises(ValidationError, match="32 bytes in base64"):
        answering(answer_keys=keys)


@pytest.mark.parametrize(
    ("text", "left"),
    [(" Phone\x9b31m\r\n", "Phone31m"), ("a\u2028b\x85", "ab"), ("K\u00f6ln", "K\u00f6ln"), ("\x80 \x9f", "")],
)
def test_a_text_that_nobody_can_correct_loses_what_no_line_has(text: str, left: str) -> None:
    assert as_one_line(text) == left
    assert is_one_line(left)
    assert not is_one_line(f"{text}\n")
