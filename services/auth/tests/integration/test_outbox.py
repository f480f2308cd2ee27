"""What auth publishes for the other services: valid wire events, in the order of their versions."""

from itertools import groupby
from typing import Any
from uuid import UUID

import httpx
from services.auth.tests.api import bearer, me, refresh, signed_in
from services.auth.tests.installation import Database

from parking_events import EVENT_CLASSES, TOPICS


async def test_every_change_leaves_one_valid_event_of_its_subjects_next_version(
    client: httpx.AsyncClient, admin: dict[str, Any], database: Database
) -> None:
    tokens = await signed_in(client)
    user_id = (await me(client, tokens)).json()["id"]
    made = await client.post("/api/v1/organizations", json={"name": "Acme"}, headers=bearer(admin))
    acme = made.headers["location"]
    await client.patch(acme, json={"name": "Acme Parking"}, headers=bearer(admin))
    await client.put(f"{acme}/members/{user_id}", headers=bearer(admin))
    await client.delete(f"{acme}/members/{user_id}", headers=bearer(admin))
    tokens = await signed_in(client)
    await refresh(client, tokens)
    await refresh(client, tokens)
    await client.post(f"/api/v1/users/{user_id}/suspend", json={"reason": "abuse"}, headers=bearer(admin))
    await client.delete("/api/v1/auth/sessions", headers=bearer(admin))

    rows = await database.fetch("SELECT * FROM outbox ORDER BY aggregatetype, aggregateid, seq")
    published: dict[str, list[str]] = {}
    for (topic, subject), group in groupby(rows, key=lambda row: (row["aggregatetype"], row["aggregateid"])):
        of_subject = list(group)
        assert [row["version"] for row in of_subject] == list(range(1, len(of_subject) + 1))
        for row in of_subject:
            event = EVENT_CLASSES[row["type"]].from_json(row["payload"])
            assert event.topic is TOPICS[topic]
            assert (event.version, event.subject) == (row["version"], subject)
            assert event.partition_key == row["partition_key"]
            assert UUID(str(row["id"])).version == 7
        published.setdefault(topic, []).extend(row["type"].split(".", 1)[1] for row in of_subject)
    assert sorted(published["auth.user.v1"]) == [
        "user.registered.v1",
        "user.registered.v1",
        "user.role_assigned.v1",
        "user.role_assigned.v1",
        "user.role_revoked.v1",
        "user.suspended.v1",
        "user.verified.v1",
    ]
    assert published["auth.organization.v1"] == [
        "organization.created.v1",
        "organization.updated.v1",
        "organization.member_added.v1",
        "organization.member_removed.v1",
    ]
    assert sorted(published["auth.session.v1"]) == [
        "session.reuse_detected.v1",
        "session.revoked.v1",
        "session.revoked.v1",
        "session.started.v1",
        "session.started.v1",
        "session.started.v1",
    ]


async def test_what_is_refused_publishes_nothing(
    client: httpx.AsyncClient, admin: dict[str, Any], database: Database
) -> None:
    before = await database.fetchval("SELECT count(*) FROM outbox")
    await client.put(f"/api/v1/users/{UUID(int=1)}/roles/admin", headers=bearer(admin))
    await client.post("/api/v1/organizations", json={"name": ""}, headers=bearer(admin))
    await client.patch(f"/api/v1/organizations/{UUID(int=1)}", json={"name": "x"}, headers=bearer(admin))
    assert await database.fetchval("SELECT count(*) FROM outbox") == before
