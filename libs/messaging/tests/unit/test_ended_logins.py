"""The consumer group of ended logins: which events it takes, and what it hands on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from parking_events import LoginState, SessionReuseDetectedV1, SessionRevokedV1, SessionStartedV1
from parking_messaging.ended_logins import Ended, login_handlers
from parking_messaging.handlers import Delivery, Kind

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def login(event_class: type[LoginState], revoked_at: datetime | None) -> LoginState:
    return event_class(
        version=2,
        login_id=uuid4(),
        user_id=uuid4(),
        started_at=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(days=89),
        revoked_at=revoked_at,
    )


async def test_both_kinds_of_end_are_noted_in_the_transaction_and_a_start_is_not() -> None:
    noted: list[tuple[object, Ended]] = []

    async def note(tx: object, ended: Sequence[Ended]) -> None:
        noted.extend((tx, each) for each in ended)

    handlers = login_handlers(note)
    assert handlers.topics == {"auth.session.v1"}
    assert handlers.route(SessionStartedV1.event_type) is None
    envelope: Any = object()
    tx = object()
    for event_class, ended_at in ((SessionRevokedV1, NOW), (SessionReuseDetectedV1, NOW), (SessionRevokedV1, None)):
        route = handlers.route(event_class.event_type)
        assert route is not None
        assert route.kind is Kind.STATE_COPY, "a repeat is harmless by itself, so the inbox need not grow"
        events = [login(event_class, ended_at) for _ in range(2)]
        noted.clear()
        await route.handle([Delivery(event, envelope) for event in events], tx)
        assert noted == [(tx, (event.login_id, ended_at)) for event in events]
