"""One event is followed through the logs, from Kafka to the mail, and into auth, which is asked for the address."""

import json
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from services.notification.tests.events import Publishing, lot_event, reservation_event
from services.notification.tests.running import Program, RunningNotification

from parking_chassis.ids import new_id
from parking_platform.testing.waiting import wait_until

Line = dict[str, Any]


def log_of(program: Program) -> str:
    return Path(program.log).read_text()


def lines_of(program: Program, trace_id: str) -> Sequence[Line]:
    """What a process logged of a trace."""
    found = [json.loads(line) for line in log_of(program).splitlines() if trace_id in line]
    return [line for line in found if line["trace_id"] == trace_id]


def about(lines: Sequence[Line], message: str, **context: str) -> Sequence[Line]:
    """The lines with this message that are about this."""
    return [each for each in lines if each["message"] == message and each["context"].items() >= context.items()]


@pytest.mark.parametrize("flags", ["00", "01"], ids=["not sampled", "sampled"])
async def test_an_event_is_followed_to_the_mail_and_into_auth(
    notification: RunningNotification, publish: Publishing, flags: str
) -> None:
    user_id, address = await notification.registered()
    event, event_id, trace_id = reservation_event(user_id=user_id), new_id(), token_hex(16)
    await publish(lot_event(event.parking_lot_id))
    await publish(event, event_id=event_id, traceparent=f"00-{trace_id}-{token_hex(8)}-{flags}")
    await notification.wait_mails(address, 1)
    reservation_id = str(event.reservation_id)

    def recorded() -> Sequence[Line]:
        """What says that the mail left, which comes last of all."""
        lines = lines_of(notification.worker, trace_id)
        mails = {line["context"]["delivery_id"] for line in about(lines, "mail_sent", reservation_id=reservation_id)}
        return [each for each in about(lines, "event recorded") if each["context"].get("delivery_id") in mails]

    (published,) = await wait_until(recorded, "the line about the mail's event")
    assert published["context"]["event_type"] == "parking.notification.sent.v1"
    lines = lines_of(notification.worker, trace_id)
    (taken,) = about(lines, "event processed", event_id=str(event_id), reservation_id=reservation_id)
    assert (taken["context"]["topic"], taken["context"]["outcome"]) == (event.topic.name, "applied")
    assert taken["context"]["duration_ms"] > 0
    (answered,) = about(lines_of(notification.auth, trace_id), "request", user_id=str(user_id))
    assert (answered["context"]["route"], answered["context"]["outcome"]) == (
        "/internal/users/{user_id}/contact",
        "done",
    )
    assert address not in log_of(notification.worker) + log_of(notification.auth)


async def test_events_of_one_transaction_each_have_their_mail_in_their_own_trace(
    notification: RunningNotification, publish: Publishing
) -> None:
    traces = [token_hex(16) for _ in range(10)]
    events = [reservation_event() for _ in traces]
    await publish(*(lot_event(event.parking_lot_id) for event in events))
    for event, trace_id in zip(events, traces, strict=True):
        await publish(event, traceparent=f"00-{trace_id}-{token_hex(8)}-00")

    async def kept() -> dict[str, str]:
        rows = await notification.fetch("SELECT reservation_id::text, trace->>'traceparent' FROM notifications")
        return {reservation_id: traceparent.split("-")[1] for reservation_id, traceparent in rows if traceparent}

    wanted = {str(event.reservation_id): trace_id for event, trace_id in zip(events, traces, strict=True)}

    async def all_kept() -> bool:
        return (await kept()).items() >= wanted.items()

    await wait_until(all_kept, "ten notifications, each with its event's trace")
