"""Tenants: made and changed by administrators, seen by their members."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest_asyncio
from services.auth.tests.api import bearer, me, refresh, signed_in
from services.auth.tests.installation import Database

from auth_service.domain.organizations import MOST_MEMBERS

ORGANIZATIONS = "/api/v1/organizations"


@pytest_asyncio.fixture
async def acme(client: httpx.AsyncClient, admin: dict[str, Any]) -> str:
    """The path of an organization."""
    made = await client.post(ORGANIZATIONS, json={"name": " Acme "}, headers=bearer(admin))
    assert made.status_code == 201
    assert made.json() == {"id": made.json()["id"], "name": "Acme", "members": [], "version": 1}
    assert made.headers["etag"] == '"1"'
    return made.headers["location"]


async def test_a_name_changes_only_for_who_saw_the_last_one(
    client: httpx.AsyncClient, admin: dict[str, Any], acme: str
) -> None:
    async def rename(name: str, if_match: str | None) -> httpx.Response:
        headers = bearer(admin) | ({"If-Match": if_match} if if_match else {})
        return await client.patch(acme, json={"name": name}, headers=headers)

    renamed = await rename("Acme Parking", '"1"')
    assert (renamed.status_code, renamed.headers["etag"]) == (200, '"2"')
    late = await rename("Acme & Sons", '"1"')
    assert (late.status_code, late.json()["type"]) == (412, "/problems/changed-meanwhile")
    assert (await rename("Acme & Sons", "*")).headers["etag"] == '"3"'
    assert (await rename("Acme & Sons", None)).headers["etag"] == '"3"'
    odd = await rename("Acme", '"three"')
    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (422, "header/If-Match")
    assert (await rename("Acme", f'"{"9" * 5000}"')).status_code == 422


async def test_of_many_renames_of_one_version_one_wins(
    client: httpx.AsyncClient, admin: dict[str, Any], acme: str
) -> None:
    headers = bearer(admin) | {"If-Match": '"1"'}
    answers = await asyncio.gather(
        *(client.patch(acme, json={"name": f"Acme {number}"}, headers=headers) for number in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5


async def test_members_see_their_organization_and_become_operators(
    client: httpx.AsyncClient, admin: dict[str, Any], acme: str
) -> None:
    tokens = await signed_in(client)
    user_id = (await me(client, tokens)).json()["id"]
    await client.post(ORGANIZATIONS, json={"name": "Zenith"}, headers=bearer(admin))
    member = f"{acme}/members/{user_id}"
    for _ in range(2):
        assert (await client.put(member, headers=bearer(admin))).status_code == 204
    tokens = (await refresh(client, tokens)).json()
    profile = (await me(client, tokens)).json()
    assert profile["roles"] == ["operator", "user"]
    assert profile["organizations"] == [{"id": acme.rsplit("/", 1)[1], "name": "Acme", "role": "operator"}]
    assert "operate:gate" in tokens["scope"].split()
    mine = (await client.get(ORGANIZATIONS, headers=bearer(tokens))).json()["items"]
    assert [each["name"] for each in mine] == ["Acme"]
    assert len((await client.get(ORGANIZATIONS, headers=bearer(admin))).json()["items"]) == 2

    promoted = await client.put(member, json={"role": "manager"}, headers=bearer(admin))
    assert promoted.status_code == 204
    assert (await me(client, tokens)).json()["organizations"][0]["role"] == "manager"
    assert (await client.put(member, json={"role": "king"}, headers=bearer(admin))).status_code == 422

    for _ in range(2):
        assert (await client.delete(member, headers=bearer(admin))).status_code == 204
    assert (await me(client, tokens)).status_code == 401
    profile = (await me(client, await signed_in(client))).json()
    assert (profile["roles"], profile["organizations"]) == (["user"], [])


async def test_members_added_at_once_all_get_in(client: httpx.AsyncClient, admin: dict[str, Any], acme: str) -> None:
    tokens = [await signed_in(client, f"operator{number}@example.com") for number in range(5)]
    users = [(await me(client, each)).json()["id"] for each in tokens]
    answers = await asyncio.gather(
        *(client.put(f"{acme}/members/{user_id}", headers=bearer(admin)) for user_id in users)
    )
    assert [answer.status_code for answer in answers] == [204] * 5
    (organization,) = (await client.get(ORGANIZATIONS, headers=bearer(admin))).json()["items"]
    assert sorted(member["user_id"] for member in organization["members"]) == sorted(users)


async def test_what_does_not_exist_has_no_members(client: httpx.AsyncClient, admin: dict[str, Any], acme: str) -> None:
    for path in (f"{acme}/members/{uuid4()}", f"{ORGANIZATIONS}/{uuid4()}/members/{uuid4()}"):
        assert (await client.put(path, headers=bearer(admin))).status_code == 404


async def test_an_organization_has_so_many_members_and_no_more(
    client: httpx.AsyncClient, admin: dict[str, Any], acme: str, database: Database
) -> None:
    await database.execute(
        "INSERT INTO users (id, full_name, password_hash, is_verified, status, roles, created_at, version)"
        " SELECT gen_random_uuid(), '', '', false, 'active', '{user}', now(), 1 FROM generate_series(1, $1)",
        MOST_MEMBERS - 1,
    )
    await database.execute(
        "INSERT INTO members SELECT $1, id, 'operator' FROM users WHERE full_name = ''", UUID(acme.rpartition("/")[2])
    )
    answers: list[httpx.Response] = []
    for email in ("last@example.com", "one-too-many@example.com"):
        user_id = (await me(client, await signed_in(client, email))).json()["id"]
        answers.append(await client.put(f"{acme}/members/{user_id}", headers=bearer(admin)))
    assert [answer.status_code for answer in answers] == [204, 409]
    assert answers[1].json()["type"] == "/problems/organization-full"
    assert "at most 500 members" in answers[1].json()["detail"]
    shown = (await client.get(ORGANIZATIONS, headers=bearer(admin))).json()["items"][0]["members"]
    assert len(shown) == MOST_MEMBERS
