"""`GET /notifications` filters by what it offers, and reads no more than it shows."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from services.notification.tests.installation import access_token, bearer, settings_for
from services.notification.tests.stories import kept_notification
from sqlalchemy import text

from notification_service.bootstrap import Notification, bootstrap
from notification_service.domain.notifications import InboxFilter, NotificationKind
from notification_service.entrypoints.http.app import notification_app
from parking_kernel.askers import THE_SERVICE
from parking_platform.testing.databases import DatabaseCopies
from parking_platform.testing.plans import RowsRead, rows_read
from parking_platform.testing.servers import SchemaOwner

PATH = "/api/v1/notifications"
START = datetime(2026, 7, 1, 6, tzinfo=UTC)
K = NotificationKind
MANY, PAGE = 20_000, 20

# One user's inbox, of which little is unread, or of a rare kind; both lie at its old end.
ROWS = f"""
INSERT INTO notifications (id, user_id, kind, parking_lot_id, reservation_id, amount, currency, event_id, created_at,
    read_at, version)
SELECT gen_random_uuid(), CAST(:user_id AS uuid),
    CASE WHEN n <= 5 THEN 'payment_failed' ELSE 'reservation_confirmed' END,
    gen_random_uuid(), gen_random_uuid(), 0, 'CHF', gen_random_uuid(),
    CAST(:start AS timestamptz) + n * interval '1 minute',
    CASE WHEN n > 5 THEN now() END, 1
FROM generate_series(1, {MANY}) n
"""
INDEXES = "ix_notifications_of_kind, ix_notifications_unread"


@dataclass
class Inbox:
    service: Notification
    http: httpx.AsyncClient
    user_id: UUID
    schema_owner: SchemaOwner

    async def add(self, kind: NotificationKind, minutes: int, *, is_read: bool) -> UUID:
        created_at = START + timedelta(minutes=minutes)
        read_at = created_at if is_read else None
        changes = {"user_id": self.user_id, "created_at": created_at, "read_at": read_at, "kind": kind}
        return (await kept_notification(self.service.open_work, **changes)).id

    async def fill(self) -> None:
        async with self.service.engine.begin() as connection:
            await connection.execute(text(ROWS), {"user_id": self.user_id, "start": START})
        await self.schema_owner.run("ANALYZE")

    async def shown(self, **parameters: object) -> list[UUID]:
        answer = await self.http.get(PATH, params={name: str(value) for name, value in parameters.items()})
        assert answer.status_code == 200, answer.text
        return [UUID(item["id"]) for item in answer.json()["items"]]

    async def read(self, wanted: InboxFilter) -> RowsRead:
        with rows_read(self.service.engine, "notifications") as found:
            async with self.service.open_work(THE_SERVICE) as work:
                await work.notifications.of_user(self.user_id, wanted, None, PAGE)
        return found


@pytest_asyncio.fixture
async def inbox(databases: DatabaseCopies) -> AsyncIterator[Inbox]:
    async with databases.one() as url:
        service, user_id = bootstrap(settings_for(url)), uuid4()
        transport = httpx.ASGITransport(notification_app(service))
        headers = bearer(access_token(user_id))
        async with httpx.AsyncClient(transport=transport, base_url="http://inbox", headers=headers) as http:
            yield Inbox(service, http, user_id, databases.schema_owner(url))
        await service.engine.dispose()


async def test_notifications_filter_by_unread_kind_and_time(inbox: Inbox) -> None:
    failed = await inbox.add(K.PAYMENT_FAILED, 0, is_read=True)
    confirmed = await inbox.add(K.RESERVATION_CONFIRMED, 10, is_read=False)
    overstay = await inbox.add(K.OVERSTAY_WARNING, 20, is_read=False)
    assert await inbox.shown() == [overstay, confirmed, failed]
    assert await inbox.shown(unread="true") == [overstay, confirmed]
    assert await inbox.shown(unread="false") == [failed]
    assert await inbox.shown(kind="overstay_warning") == [overstay]
    between = {"from": "2026-07-01T08:10:00+02:00", "to": "2026-07-01T08:20:00+02:00"}
    assert await inbox.shown(**between) == [confirmed], "from is within, to is not"
    assert await inbox.shown(**between, kind="payment_failed") == []


async def test_a_page_leads_to_the_next_with_the_same_filter(inbox: Inbox) -> None:
    ids = [await inbox.add(K.PAYMENT_FAILED, minutes, is_read=False) for minutes in range(3)]
    await inbox.add(K.RESERVATION_CONFIRMED, 9, is_read=False)
    first = (await inbox.http.get(PATH, params={"kind": "payment_failed", "limit": 2})).json()
    rest = (await inbox.http.get(first["next"])).json()
    assert [UUID(item["id"]) for item in first["items"] + rest["items"]] == ids[::-1]


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"kind": "news"}, "query/kind"),
        ({"unread": "perhaps"}, "query/unread"),
        ({"from": "2026-07-01T08:00:00"}, "query/from"),
        ({"from": "2026-07-01T08:00:00Z", "to": "2026-07-01T08:00:00Z"}, "query/to"),
    ],
)
async def test_a_filter_that_means_nothing_is_refused_by_name(
    inbox: Inbox, parameters: dict[str, Any], pointer: str
) -> None:
    answer = await inbox.http.get(PATH, params={name: str(value) for name, value in parameters.items()})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    "wanted",
    [
        InboxFilter(is_unread=True),
        InboxFilter(kind=K.PAYMENT_FAILED),
        InboxFilter(until=START + timedelta(minutes=6)),
        InboxFilter(since=START + timedelta(minutes=MANY - 3)),
    ],
    ids=["unread", "kind", "to", "from"],
)
async def test_what_is_rare_in_a_long_inbox_is_found_by_its_index(inbox: Inbox, wanted: InboxFilter) -> None:
    await inbox.fill()
    found = await inbox.read(wanted)
    assert found.scanned == []
    assert 0 < found.rows["notifications"] <= PAGE


async def test_without_the_indexes_the_inbox_would_be_read_to_its_end(inbox: Inbox) -> None:
    """The negative control."""
    await inbox.fill()
    await inbox.schema_owner.run(f"DROP INDEX {INDEXES}")
    for wanted in (InboxFilter(is_unread=True), InboxFilter(kind=K.PAYMENT_FAILED)):
        assert (await inbox.read(wanted)).rows["notifications"] > MANY / 2
