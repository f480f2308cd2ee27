"""What is taken away ends the logins whose tokens still say it, in the same transaction, however many there are."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from services.auth.tests.api import bearer, me, signed_in
from services.auth.tests.installation import Database
from services.auth.tests.people import ADMIN
from sqlalchemy import event

from auth_service.application.commands.suspend_user import SuspendUser
from auth_service.bootstrap import Auth
from auth_service.domain.signing_keys import ACCESS_TOKEN_LIFETIME
from parking_chassis.access_tokens import LONGEST_LIFETIME
from parking_events import SessionRevokedV1

MANY = 1_200  # more than two batches
MANY_LOGINS = """
    INSERT INTO logins SELECT gen_random_uuid(), $1, 'phone', now(), now(), NULL, NULL, 1 FROM generate_series(1, $2)
"""
ENDS = "SELECT payload, xmin::text AS written_by FROM outbox WHERE type = 'parking.session.revoked.v1' ORDER BY seq"


def test_no_token_lives_longer_than_the_others_remember_its_login() -> None:
    assert ACCESS_TOKEN_LIFETIME <= LONGEST_LIFETIME


async def ends(database: Database) -> list[tuple[UUID, str | None]]:
    events = [SessionRevokedV1.from_json(row["payload"]) for row in await database.fetch(ENDS)]
    assert all(each.revoked_at is not None for each in events)
    return [(each.user_id, each.reason) for each in events]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("POST", "/api/v1/users/{user}/suspend"), "suspended"),
        (("DELETE", "/api/v1/users/{user}/roles/operator"), "role_revoked"),
        (("DELETE", "{acme}/members/{user}"), "membership_removed"),
    ],
    ids=["suspended", "role revoked", "membership removed"],
)
async def test_every_device_is_signed_out_at_once(
    client: httpx.AsyncClient, admin: dict[str, Any], database: Database, change: tuple[str, str], reason: str
) -> None:
    phone, bystander = await signed_in(client), await signed_in(client, "other@example.com")
    user_id = (await me(client, phone)).json()["id"]
    made = await client.post("/api/v1/organizations", json={"name": "Acme"}, headers=bearer(admin))
    acme = made.headers["location"]
    # What is added ends nothing: the next token will say it.
    assert (await client.put(f"{acme}/members/{user_id}", headers=bearer(admin))).status_code == 204
    assert (await client.put(f"/api/v1/users/{user_id}/roles/admin", headers=bearer(admin))).status_code == 204
    tablet = await signed_in(client)
    assert [(await me(client, each)).status_code for each in (phone, tablet)] == [200, 200]
    assert await ends(database) == []

    method, path = change
    for _ in range(2):
        body = {"reason": "abuse"} if method == "POST" else None
        answer = await client.request(method, path.format(user=user_id, acme=acme), json=body, headers=bearer(admin))
        assert answer.status_code == 204
    assert [(await me(client, each)).status_code for each in (phone, tablet, bystander)] == [401, 401, 200]
    assert await ends(database) == [(UUID(user_id), reason)] * 2


@pytest.mark.parametrize("path", ["/api/v1/users/{user}/roles/operator", "{acme}/members/{user}"])
async def test_what_nobody_had_signs_nobody_out(
    client: httpx.AsyncClient, admin: dict[str, Any], database: Database, path: str
) -> None:
    phone = await signed_in(client)
    user_id = (await me(client, phone)).json()["id"]
    made = await client.post("/api/v1/organizations", json={"name": "Acme"}, headers=bearer(admin))
    taken = path.format(user=user_id, acme=made.headers["location"])
    assert (await client.delete(taken, headers=bearer(admin))).status_code == 204
    assert (await me(client, phone)).status_code == 200
    assert await ends(database) == []


async def test_thousands_of_logins_end_in_one_transaction_and_few_statements(
    auth: Auth, client: httpx.AsyncClient, database: Database
) -> None:
    user_id = UUID((await me(client, await signed_in(client))).json()["id"])
    await database.execute(MANY_LOGINS, user_id, MANY)
    statements: list[str] = []

    @event.listens_for(auth.engine.sync_engine, "before_cursor_execute")
    def _note(_c: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, many: bool) -> None:
        assert not many
        statements.append(statement)

    await auth.use_cases.suspend_user(SuspendUser(ADMIN, user_id, "abuse"))
    assert len(statements) < 20
    assert await database.fetchval("SELECT count(*) FROM logins WHERE ended_at IS NULL") == 0
    assert len(await ends(database)) == MANY + 1
    written_by = {row["written_by"] for row in await database.fetch(ENDS)}
    suspended = "SELECT xmin::text FROM outbox WHERE type = 'parking.user.suspended.v1'"
    assert written_by == {await database.fetchval(suspended)}
    assert (
        await database.fetchval(
            "SELECT max(cardinality) FROM (SELECT count(*) AS cardinality FROM outbox "
            "WHERE type = 'parking.session.revoked.v1' GROUP BY aggregateid) AS each"
        )
        == 1
    )
