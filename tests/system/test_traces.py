"""One trace joins all that a booking sets off, read from what the processes export and from what they log."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from secrets import token_hex

import pytest
import pytest_asyncio

from parking_demo.people import City, Driver, Json, Operator, soon, tomorrow_at
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.span_receiver import ReceivedSpan
from parking_platform.testing.waiting import wait_until

PLATE = "ZH 781 346"
SHAPE = ["timestamp", "level", "logger", "message", "context", "trace_id", "span_id"]
WORKERS = ("notification-work", "analytics-work")
BOOKED = {
    ("payment", "parking.reservation.created.v1"),
    ("reservation", "parking.payment.succeeded.v1"),
    ("notification", "parking.reservation.confirmed.v1"),
    ("analytics", "parking.reservation.created.v1"),
    ("analytics", "parking.reservation.confirmed.v1"),
    ("analytics", "parking.ledger.posted.v1"),
}
"""Which service learns what."""
MAILS = 2
"""Of the payment and of the confirmation; for each, auth is asked for the address."""


@pytest.fixture
def trace_id() -> str:
    """What the driver's app calls this journey."""
    return token_hex(16)


@pytest_asyncio.fixture
async def app_user(platform: RunningPlatform, city: City, driver: Driver, trace_id: str) -> AsyncIterator[Driver]:
    """A driver whose app sends one trace for the whole journey, as a front end does."""
    async with platform.client() as client:
        client.headers["traceparent"] = f"00-{trace_id}-{token_hex(8)}-01"
        yield replace(driver, city=replace(city, client=client))


async def test_one_trace_joins_the_journey(
    platform: RunningPlatform, operator: Operator, app_user: Driver, trace_id: str
) -> None:
    reservation = await _book_and_pay(app_user, operator)
    client = app_user.city.client.headers["traceparent"].split("-")[2]
    spans = await _whole_trace(platform, [trace_id], client, BOOKED, mails=MAILS)

    services = {"gateway", "reservation", "payment", "notification", "analytics", "auth"}
    assert {span.service for span in spans} >= services
    assert [_named(span) for span in _up_from(_projection(spans, "parking.reservation.created.v1"), spans)] == [
        "analytics: process reservation.reservation.v1",
        "reservation: send reservation.reservation.v1",
        "reservation: POST /api/v1/reservations",
        "gateway: POST /api/v1/reservations",
    ]
    assert [_named(span) for span in _up_from(_projection(spans, "parking.reservation.confirmed.v1"), spans)] == [
        "analytics: process reservation.reservation.v1",
        "reservation: send reservation.reservation.v1",
        "reservation: process payment.payment.v1",
        "payment: send payment.payment.v1",
        "payment: payment changed",
        "payment: POST /api/v1/payments",
        "gateway: POST /api/v1/payments",
    ]
    addresses = [span for span in spans if _asks_for_an_address(span)]
    assert sorted([_named(each) for each in _up_from(span, spans)][:5] for span in addresses) == [
        [
            "auth: GET /internal/users/{user_id}/contact",
            "notification: GET",
            "notification: mail",
            f"notification: process {topic}",
            f"{topic.partition('.')[0]}: send {topic}",
        ]
        for topic in ("payment.payment.v1", "reservation.reservation.v1")
    ], "a mail for each of the two, whose address auth gave"
    assert {span.kind for span in spans if span.name.startswith("send ")} == {"PRODUCER"}
    assert {span.kind for span in spans if span.name.startswith("process ")} == {"CONSUMER"}
    assert {"booking", "INSERT", "bulk"} <= {span.name for span in spans}, "what the databases were asked"
    _assert_nobody_is_named(spans, app_user, reservation)
    _assert_logs_agree(platform, trace_id)
    _assert_the_booking_is_followed(platform, reservation["id"])


async def test_a_trace_begins_at_the_gateway(platform: RunningPlatform, operator: Operator, driver: Driver) -> None:
    """A share of them is recorded: some of so many, but for one run in four hundred millions."""
    lot = await operator.open_lot(spots=1)
    answers = [await driver.reserve(lot, start=tomorrow_at(0) + timedelta(hours=each), hours=1) for each in range(90)]
    trace_ids = [answer.headers["x-request-id"] for answer in answers]

    spans = await _whole_trace(platform, trace_ids, "", {("analytics", "parking.reservation.created.v1")})
    (gateway,) = (span for span in spans if span.service == "gateway")
    assert gateway.parent_id == ""
    assert _up_from(_projection(spans, "parking.reservation.created.v1"), spans)[-1] == gateway


async def _book_and_pay(driver: Driver, operator: Operator) -> Json:
    lot = await operator.open_lot(spots=1)
    reservation = (await driver.reserve(lot, start=soon(), vehicle_plate=PLATE)).json()
    await driver.pay(reservation)
    await driver.wait_for_status(reservation["id"], "confirmed")
    await driver.city.wait_for_mail(driver.email, "confirmed")
    return reservation


async def _whole_trace(
    platform: RunningPlatform, trace_ids: Sequence[str], begins_at: str, learnt: set[tuple[str, str]], mails: int = 0
) -> Sequence[ReceivedSpan]:
    """All spans of the first that is whole: these services learnt of these events, the mails left, no span is loose.

    The only parent that is not among them is where the trace begins: the client's span, or none.
    """

    def complete() -> Sequence[ReceivedSpan]:
        return next(filter(None, map(whole, trace_ids)), [])

    def whole(trace_id: str) -> Sequence[ReceivedSpan]:
        spans = platform.spans.trace(trace_id)
        events = {(span.service, span.attributes.get("cloudevents.event_type")) for span in spans}
        outside = {span.parent_id for span in spans} - {span.span_id for span in spans}
        asked = sum(map(_asks_for_an_address, spans))
        return spans if events >= learnt and outside == {begins_at} and asked >= mails else []

    return await wait_until(complete, f"a trace of {trace_ids}")


def _asks_for_an_address(span: ReceivedSpan) -> bool:
    """Services also ask auth for its public keys, when their copy is old."""
    return (span.service, span.kind) == ("auth", "SERVER") and "/internal/" in span.name


def _projection(spans: Sequence[ReceivedSpan], event_type: str) -> ReceivedSpan:
    """What analytics did with an event."""
    return next(
        span
        for span in spans
        if span.service == "analytics" and span.attributes.get("cloudevents.event_type") == event_type
    )


def _up_from(span: ReceivedSpan, spans: Sequence[ReceivedSpan]) -> list[ReceivedSpan]:
    """A span, its parent, and so on."""
    by_id = {each.span_id: each for each in spans}

    def climb() -> Iterator[ReceivedSpan]:
        at: ReceivedSpan | None = span
        while at:
            yield at
            at = by_id.get(at.parent_id)

    return list(climb())


def _named(span: ReceivedSpan) -> str:
    return f"{span.service}: {span.name}"


def _assert_nobody_is_named(spans: Sequence[ReceivedSpan], driver: Driver, reservation: Json) -> None:
    """Over everything that was exported of the journey."""
    personal = {
        *(driver.email, driver.email.partition("@")[0], "Pat Person", PLATE, PLATE.replace(" ", "")),
        *(driver.tokens["access_token"], driver.tokens["refresh_token"], reservation["charge"]["token"]),
        *("127.0.0.1", "python-httpx", "_secret_"),
    }
    for span in spans:
        written = json.dumps([span.name, dict(span.attributes), [dict(event) for event in span.events]])
        assert not [word for word in personal if word in written], span


def _assert_logs_agree(platform: RunningPlatform, trace_id: str) -> None:
    for process in ("reservation-serve", "payment-work", "notification-work", "analytics-work", "auth-serve"):
        lines = _lines(platform, process, trace_id)
        assert lines, process
        assert all(line["trace_id"] == trace_id and line["span_id"] for line in lines)


def _assert_the_booking_is_followed(platform: RunningPlatform, reservation_id: str) -> None:
    """By the booking's id alone, from the request to what each service made of it."""
    logged = {
        (process, line["message"], line["context"].get("event_type") or line["context"].get("route"), outcome)
        for process in ("reservation-serve", "reservation-work", "payment-serve", "payment-work", *WORKERS)
        for line in _lines(platform, process, reservation_id)
        if (outcome := line["context"].get("outcome"))
    }
    assert logged >= {
        ("reservation-serve", "request", "/api/v1/reservations", "done"),
        ("payment-work", "event processed", "parking.reservation.created.v1", "applied"),
        ("payment-serve", "request", "/api/v1/payments", "done"),
        ("payment-serve", "event recorded", "parking.payment.succeeded.v1", "recorded"),
        ("reservation-work", "event processed", "parking.payment.succeeded.v1", "applied"),
        ("reservation-work", "event recorded", "parking.reservation.confirmed.v1", "recorded"),
        ("notification-work", "event processed", "parking.reservation.confirmed.v1", "applied"),
        ("notification-work", "mail_sent", None, "sent"),
        ("analytics-work", "event processed", "parking.ledger.posted.v1", "applied"),
    }


def _lines(platform: RunningPlatform, process: str, wanted: str) -> list[Json]:
    """The lines of a process that name an id, each in the one shape."""
    lines = [json.loads(line) for line in platform.log(process).splitlines() if wanted in line]
    assert all(list(line) == SHAPE for line in lines), process
    return lines
