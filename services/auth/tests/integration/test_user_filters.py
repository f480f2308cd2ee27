"""`GET /users` filters by what it offers, and reads no more than it shows."""

from typing import Any

import httpx
import pytest
from services.auth.tests.api import bearer, me, register, signed_in
from services.auth.tests.installation import Database

from auth_service.bootstrap import Auth
from auth_service.domain.users import UserFilter, UserStatus
from parking_kernel.askers import THE_SERVICE
from parking_platform.testing.plans import RowsRead, rows_read
from parking_platform.testing.servers import SchemaOwner

PATH = "/api/v1/users"
MANY, FEW, PAGE = 20_000, 5, 20

# Few of many are suspended, administrators, not verified, or called Zoë; they come last by their ids.
ROWS = f"""
INSERT INTO users (id, email, full_name, password_hash, is_verified, status, roles, created_at, version)
SELECT lpad(to_hex(n), 32, '0')::uuid, 'driver' || n || '@example.com',
    CASE WHEN n > {MANY - FEW} THEN 'Zo\u00eb' ELSE 'Dora' END || ' Driver', '', n <= {MANY - FEW},
    CASE WHEN n > {MANY - FEW} THEN 'suspended' ELSE 'active' END,
    CASE WHEN n > {MANY - FEW} THEN ARRAY['user', 'admin'] ELSE ARRAY['user'] END, now(), 1
FROM generate_series(1, {MANY}) n
"""
RARE = [
    UserFilter(query="zoe"),
    UserFilter(status=UserStatus.SUSPENDED),
    UserFilter(role="admin"),
    UserFilter(is_verified=False),
]


async def found(client: httpx.AsyncClient, admin: dict[str, Any], **parameters: str | bool) -> list[str]:
    answer = await client.get(PATH, params=parameters, headers=bearer(admin))
    assert answer.status_code == 200, answer.text
    return [item["email"] for item in answer.json()["items"]]


async def test_users_filter_by_status_role_verification_and_a_part_of_the_name(
    client: httpx.AsyncClient, admin: dict[str, Any]
) -> None:
    for email, name in (("zoe@example.com", "Zo\u00eb Zimmermann"), ("dora@example.com", "Dora Driver")):
        await register(client, email, full_name=name)
    zoe_id = (await me(client, await signed_in(client, "zoe@example.com"))).json()["id"]
    assert await found(client, admin, query="zoe\u0308 ZIMMER") == ["zoe@example.com"]
    assert await found(client, admin, query="dora", role="user", status="active") == ["dora@example.com"]
    assert await found(client, admin, query="dora", role="admin") == []
    reason = {"reason": "sold its bookings on"}
    await client.post(f"{PATH}/{zoe_id}/suspend", json=reason, headers=bearer(admin))
    assert await found(client, admin, status="suspended") == ["zoe@example.com"]
    assert "zoe@example.com" not in await found(client, admin, status="active")
    assert len(await found(client, admin, role="admin")) == 1
    for is_verified in ("true", "false"):
        people = await client.get(PATH, params={"is_verified": is_verified}, headers=bearer(admin))
        assert {item["is_verified"] for item in people.json()["items"]} <= {is_verified == "true"}


async def test_a_status_that_does_not_exist_is_refused_by_name(
    client: httpx.AsyncClient, admin: dict[str, Any]
) -> None:
    answer = await client.get(PATH, params={"status": "asleep"}, headers=bearer(admin))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/status")


async def read(auth: Auth, wanted: UserFilter) -> RowsRead:
    with rows_read(auth.engine, "users") as rows:
        async with auth.open_work(THE_SERVICE) as work:
            assert len(await work.users.page(wanted, None, PAGE)) == FEW
    return rows


@pytest.mark.parametrize("wanted", RARE, ids=["name", "status", "role", "verified"])
async def test_the_few_among_many_are_found_by_their_index(
    auth: Auth, database: Database, wanted: UserFilter, schema_owner: SchemaOwner
) -> None:
    await database.execute(ROWS)
    await schema_owner.run("ANALYZE users")
    rows = await read(auth, wanted)
    assert rows.scanned == []
    assert rows.rows["users"] == FEW


async def test_without_the_indexes_all_users_would_be_read(
    auth: Auth, database: Database, schema_owner: SchemaOwner
) -> None:
    """The negative control."""
    await database.execute(ROWS)
    await schema_owner.run("ANALYZE users")
    await schema_owner.run("DROP INDEX ix_users_words, ix_users_status, ix_users_roles, ix_users_is_verified")
    for wanted in RARE:
        assert (await read(auth, wanted)).rows["users"] >= MANY
