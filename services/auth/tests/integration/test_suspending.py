"""An account is suspended and reinstated, with a reason, by somebody else; and administrators see it."""

from typing import Any

import httpx
import pytest
from services.auth.tests.api import PASSWORD, bearer, me, sign_in, signed_in
from services.auth.tests.installation import Database

from auth_service.application.commands.create_account import CreateAccount
from auth_service.bootstrap import Auth
from parking_events import UserSuspendedV1, UserUpdatedV1
from parking_events.contracts.user import UserStatus

USERS = "/api/v1/users"


async def id_of(client: httpx.AsyncClient, tokens: dict[str, Any]) -> str:
    return (await me(client, tokens)).json()["id"]


async def test_an_account_is_closed_and_opened_again_and_the_reason_stays(
    client: httpx.AsyncClient, admin: dict[str, Any], database: Database
) -> None:
    user_id, admin_id = await id_of(client, await signed_in(client)), await id_of(client, admin)

    async def change(to: str, reason: str) -> None:
        answer = await client.post(f"{USERS}/{user_id}/{to}", json={"reason": reason}, headers=bearer(admin))
        assert answer.status_code == 204, answer.text

    async def shown() -> list[tuple[str, Any]]:
        one = (await client.get(f"{USERS}/{user_id}", headers=bearer(admin))).json()
        listed = (await client.get(f"{USERS}?query=dora", headers=bearer(admin))).json()["items"][0]
        return [(view["status"], view["status_change"]) for view in (one, listed)]

    assert await shown() == [("active", None)] * 2
    await change("suspend", "sold its bookings on")
    for status, why in await shown():
        assert (status, why["reason"], why["by"]) == ("suspended", "sold its bookings on", admin_id)
        assert why["at"].endswith(("Z", "+00:00"))
    refused = (await sign_in(client)).json()
    assert (refused["error"], refused["error_description"]) == (
        "invalid_grant",
        "This account is suspended. Write to those who run this platform.",
    )

    await change("reinstate", "said sorry")
    for status, why in await shown():
        assert (status, why["reason"], why["by"]) == ("active", "said sorry", admin_id)
    tokens = (await sign_in(client)).json()
    assert "status" not in (await me(client, tokens)).text, "the reason is for administrators"

    suspended, reinstated = await database.fetch(
        "SELECT payload FROM outbox WHERE type LIKE 'parking.user.%' AND version > 1 AND aggregateid = $1 ORDER BY seq",
        user_id,
    )
    assert UserSuspendedV1.from_json(suspended["payload"]).status is UserStatus.SUSPENDED
    event = UserUpdatedV1.from_json(reinstated["payload"])
    assert (event.status, event.changed) == (UserStatus.ACTIVE, ("status",))


async def test_the_history_of_a_status_stays(
    client: httpx.AsyncClient, admin: dict[str, Any], database: Database
) -> None:
    user_id, admin_id = await id_of(client, await signed_in(client)), await id_of(client, admin)

    async def history() -> list[dict[str, Any]]:
        return (await client.get(f"{USERS}/{user_id}", headers=bearer(admin))).json()["status_history"]

    assert await history() == []
    for number in range(12):
        for to in ("suspend", "reinstate"):
            body = {"reason": f"{to}, time {number}"}
            assert (await client.post(f"{USERS}/{user_id}/{to}", json=body, headers=bearer(admin))).status_code == 204
    shown = await history()
    assert [(each["status"], each["reason"], each["by"]) for each in shown[:3]] == [
        ("active", "reinstate, time 11", admin_id),
        ("suspended", "suspend, time 11", admin_id),
        ("active", "reinstate, time 10", admin_id),
    ]
    assert sorted((each["at"] for each in shown), reverse=True) == [each["at"] for each in shown]
    assert (len(shown), await database.fetchval("SELECT count(*) FROM status_changes")) == (20, 24)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [(None, "/"), ({}, "/reason"), ({"reason": "  "}, "/reason"), ({"reason": "two\nlines"}, "/reason")],
)
@pytest.mark.parametrize("to", ["suspend", "reinstate"])
async def test_it_needs_a_reason(
    client: httpx.AsyncClient, admin: dict[str, Any], body: object, pointer: str, to: str
) -> None:
    user_id = await id_of(client, await signed_in(client))
    answer = await client.post(f"{USERS}/{user_id}/{to}", json=body, headers=bearer(admin))
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [pointer])


async def test_nobody_suspends_or_demotes_themselves(
    auth: Auth, client: httpx.AsyncClient, admin: dict[str, Any]
) -> None:
    admin_id = await id_of(client, admin)
    for answer in (
        await client.post(f"{USERS}/{admin_id}/suspend", json={"reason": "tired"}, headers=bearer(admin)),
        await client.delete(f"{USERS}/{admin_id}/roles/admin", headers=bearer(admin)),
    ):
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/own-account")
        assert "another administrator" in answer.json()["detail"]
    assert (await me(client, admin)).json()["roles"] == ["admin", "user"]
    # Another administrator may.
    await auth.use_cases.create_account(CreateAccount("bob@example.com", PASSWORD, "Bob", ("admin",)))
    other = (await sign_in(client, "bob@example.com")).json()
    taken = await client.delete(f"{USERS}/{admin_id}/roles/admin", headers=bearer(other))
    assert taken.status_code == 204


async def test_a_dismissed_administrator_does_not_take_the_role_back(
    auth: Auth, client: httpx.AsyncClient, admin: dict[str, Any]
) -> None:
    admin_id = await id_of(client, admin)
    await auth.use_cases.create_account(CreateAccount("bob@example.com", PASSWORD, "Bob", ("admin",)))
    other = (await sign_in(client, "bob@example.com")).json()
    await client.delete(f"{USERS}/{admin_id}/roles/admin", headers=bearer(other))
    # At once, with the token that still says `admin`, and with what follows it.
    again = await client.put(f"{USERS}/{admin_id}/roles/admin", headers=bearer(admin))
    assert again.status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": admin["refresh_token"]}
    assert (await client.post("/api/v1/auth/token", data=form)).json()["error"] == "invalid_grant"
    assert (await me(client, (await sign_in(client, "ada@example.com")).json())).json()["roles"] == ["user"]
