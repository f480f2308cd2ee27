"""A right that was taken away while a request waited is not used: neither to take it back, nor to pass it on."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from services.auth.tests.api import PASSWORD, bearer, me, sign_in, signed_in
from services.auth.tests.installation import Database

from auth_service.application.commands.assign_role import AssignRole
from auth_service.application.commands.create_account import CreateAccount
from auth_service.bootstrap import Auth
from parking_kernel.askers import EVERYTHING, Asker
from parking_platform.testing.waiting import wait_until

# Not `pg_stat_activity`: a transaction sees that as it was at first.
WAITING = """
    SELECT count(DISTINCT waiting.pid) FROM pg_locks AS waiting JOIN pg_locks AS here USING (pid)
    JOIN pg_database ON pg_database.oid = here.database
    WHERE NOT waiting.granted AND datname = current_database()
"""
ROLES = "SELECT roles FROM users WHERE id = $1"


@dataclass
class Scene:
    """Bob is an administrator, and so is Ada, who is about to dismiss him; Dora is a friend of his."""

    client: httpx.AsyncClient
    database: Database
    ada: dict[str, Any]
    bob: dict[str, Any]
    bobs_id: str
    doras_id: str
    acme: str

    async def waiting(self, requests: int) -> None:
        async def they_wait() -> bool:
            return await self.database.fetchval(WAITING) == requests

        await wait_until(they_wait, f"{requests} requests that wait for a lock")

    async def while_bob_is_dismissed(
        self, of_bob: Callable[[], Awaitable[httpx.Response]], *, dismissed: bool = True
    ) -> httpx.Response:
        """What Bob's request answers, which passed the door before he was dismissed, and acts after it.

        Ada's request locks his account and waits for his login; his own waits for hers.
        """
        async with self.database.transaction():
            await self.database.execute("SELECT FROM logins WHERE user_id = $1 FOR UPDATE", UUID(self.bobs_id))
            role = "admin" if dismissed else "operator"  # which he does not have: nothing is taken away
            path = f"/api/v1/users/{self.bobs_id}/roles/{role}"
            if not dismissed:
                await self.database.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", UUID(self.bobs_id))
            dismissal = asyncio.create_task(self.client.delete(path, headers=bearer(self.ada)))
            await self.waiting(1)
            request = asyncio.ensure_future(of_bob())
            await self.waiting(2)
        assert (await dismissal).status_code == 204
        return await request

    async def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        return await self.client.request(
            method, path.format(dora=self.doras_id, acme=self.acme), json=body, headers=bearer(self.bob)
        )


@pytest_asyncio.fixture
async def scene(auth: Auth, client: httpx.AsyncClient, admin: dict[str, Any], database: Database) -> Scene:
    await auth.use_cases.create_account(CreateAccount("bob@example.com", PASSWORD, "Bob", ("admin",)))
    bob = (await sign_in(client, "bob@example.com")).json()
    dora = await signed_in(client)
    made = await client.post("/api/v1/organizations", json={"name": "Acme"}, headers=bearer(admin))
    bobs_id, doras_id = [(await me(client, each)).json()["id"] for each in (bob, dora)]
    return Scene(client, database, admin, bob, bobs_id, doras_id, made.headers["location"])


CHANGES = [
    ("PUT", "/api/v1/users/{dora}/roles/admin", None),
    ("DELETE", "/api/v1/users/{dora}/roles/user", None),
    ("POST", "/api/v1/users/{dora}/suspend", {"reason": "spite"}),
    ("POST", "/api/v1/users/{dora}/reinstate", {"reason": "friendship"}),
    ("PUT", "{acme}/members/{dora}", None),
    ("DELETE", "{acme}/members/{dora}", None),
    ("PATCH", "{acme}", {"name": "Bob's"}),
    ("POST", "/api/v1/organizations", {"name": "Bob's"}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES, ids=[f"{each[0]} {each[1]}" for each in CHANGES])
async def test_no_change_by_an_administrator_who_was_dismissed_while_it_waited(
    scene: Scene, method: str, path: str, body: object
) -> None:
    everything = "SELECT count(*), max(version), (SELECT count(*) FROM members) AS members FROM organizations"
    before = await scene.database.fetchrow(everything)
    answer = await scene.while_bob_is_dismissed(lambda: scene.ask(method, path, body))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
    assert "this login has ended" in answer.json()["detail"]
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert await scene.database.fetchval(ROLES, UUID(scene.bobs_id)) == ["user"]
    assert await scene.database.fetchrow("SELECT roles, status FROM users WHERE id = $1", UUID(scene.doras_id)) == (
        ["user"],
        "active",
    )
    assert await scene.database.fetchrow(everything) == before


@pytest.mark.parametrize(("method", "path", "body"), CHANGES, ids=[f"{each[0]} {each[1]}" for each in CHANGES])
async def test_one_who_was_not_dismissed_only_waits(scene: Scene, method: str, path: str, body: object) -> None:
    """The negative control: it is the end of the login that refuses the change, and not the wait."""
    answer = await scene.while_bob_is_dismissed(lambda: scene.ask(method, path, body), dismissed=False)
    assert answer.status_code in {200, 201, 204}, answer.text
    assert await scene.database.fetchval(ROLES, UUID(scene.bobs_id)) == ["admin", "user"]


async def test_without_the_second_look_the_role_would_be_passed_on(auth: Auth, scene: Scene) -> None:
    """The negative control: an asker of whom no login is known waits in the same way, and gets through."""
    asker = Asker(UUID(scene.bobs_id), permissions=frozenset({EVERYTHING}))
    async with scene.database.transaction():
        await scene.database.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", UUID(scene.doras_id))
        request = asyncio.create_task(auth.use_cases.assign_role(AssignRole(asker, UUID(scene.doras_id), "admin")))
        await scene.waiting(1)
        path = f"/api/v1/users/{scene.bobs_id}/roles/admin"
        assert (await scene.client.delete(path, headers=bearer(scene.ada))).status_code == 204
    await request
    assert await scene.database.fetchval(ROLES, UUID(scene.doras_id)) == ["admin", "user"]


async def test_of_two_administrators_who_suspend_each_other_at_once_one_stays(scene: Scene) -> None:
    adas_id = (await me(scene.client, scene.ada)).json()["id"]

    async def suspend(tokens: dict[str, Any], user_id: str) -> httpx.Response:
        path = f"/api/v1/users/{user_id}/suspend"
        return await scene.client.post(path, json={"reason": "he began"}, headers=bearer(tokens))

    async with scene.database.transaction():
        for user_id in sorted((adas_id, scene.bobs_id)):
            await scene.database.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", UUID(user_id))
        requests = [
            asyncio.create_task(suspend(scene.ada, scene.bobs_id)),
            asyncio.create_task(suspend(scene.bob, adas_id)),
        ]
        await scene.waiting(2)
    assert sorted([(await each).status_code for each in requests]) == [204, 401]
    assert await scene.database.fetchval("SELECT count(*) FROM users WHERE status = 'suspended'") == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/v1/users/{bob}/roles/operator"),
        ("POST", "/api/v1/users/{bob}/reinstate"),
        ("DELETE", "{acme}/members/{bob}"),
    ],
)
async def test_nobody_gives_a_role_to_themselves_reinstates_or_removes_themselves(
    scene: Scene, method: str, path: str
) -> None:
    joined = await scene.client.put(f"{scene.acme}/members/{scene.bobs_id}", headers=bearer(scene.ada))
    assert joined.status_code == 204
    path = path.format(bob=scene.bobs_id, acme=scene.acme)
    body = {"reason": "myself"} if method == "POST" else None
    answer = await scene.client.request(method, path, json=body, headers=bearer(scene.bob))
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/own-account")
    assert "another administrator" in answer.json()["detail"]
    assert await scene.database.fetchval(ROLES, UUID(scene.bobs_id)) == ["admin", "operator", "user"]
    # Somebody else may.
    other = await scene.client.request(method, path, json=body, headers=bearer(scene.ada))
    assert other.status_code == 204
