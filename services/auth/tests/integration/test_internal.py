"""What other services may ask auth, and nobody else."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
from pydantic import ValidationError
from services.auth.tests.api import bearer, register, signed_in
from services.auth.tests.installation import settings_for

from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.bootstrap import Auth, bootstrap, resources
from auth_service.entrypoints.http.app import auth_app

TOKEN = "an internal token of more than 32 characters"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}

ClientFor = Callable[[Auth], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest_asyncio.fixture
async def trusting(database_url: str, client_for: ClientFor) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an installation with an internal token."""
    wired = bootstrap(settings_for(database_url, internal_token=TOKEN))
    async with resources(wired), client_for(wired) as client:
        await wired.use_cases.rotate_signing_keys(RotateSigningKeys())
        yield client


def contact(user_id: UUID | str) -> str:
    return f"/internal/users/{user_id}/contact"


async def test_a_contact_is_name_address_and_language(trusting: httpx.AsyncClient) -> None:
    user = (await register(trusting, "dora@example.com")).json()
    answer = await trusting.get(contact(user["id"]), headers=SHOWN)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "email": "dora@example.com",
        "is_verified": False,
        "full_name": "Dora Driver",
        "locale": "en",
    }
    assert answer.headers["cache-control"] == "private, no-store"


async def test_nobody_has_a_contact_who_is_not_there(trusting: httpx.AsyncClient) -> None:
    answer = await trusting.get(contact(uuid4()), headers=SHOWN)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert (await trusting.get(contact("nonsense"), headers=SHOWN)).status_code == 422


@pytest.mark.parametrize("shown", [{}, {"Authorization": "Bearer another"}, {"Authorization": f"Basic {TOKEN}"}])
async def test_without_the_token_nothing_is_disclosed(trusting: httpx.AsyncClient, shown: dict[str, str]) -> None:
    user = (await register(trusting)).json()
    for user_id in (user["id"], uuid4()):
        answer = await trusting.get(contact(user_id), headers=shown)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_old_and_new_token_are_good_side_by_side(database_url: str, client_for: ClientFor) -> None:
    old, new = TOKEN, TOKEN[::-1]
    wired = bootstrap(settings_for(database_url, internal_token=f"{new},{old}"))
    async with resources(wired), client_for(wired) as client:
        for shown, status in ((new, 404), (old, 404), (f"{new},{old}", 401), (TOKEN[:-1], 401), ("", 401)):
            answer = await client.get(contact(uuid4()), headers={"Authorization": f"Bearer {shown}"})
            assert answer.status_code == status


async def test_a_users_own_token_is_no_internal_one(trusting: httpx.AsyncClient) -> None:
    tokens = await signed_in(trusting)
    assert (await trusting.get(contact(uuid4()), headers=bearer(tokens))).status_code == 401


async def test_an_installation_without_a_token_answers_nobody(client: httpx.AsyncClient) -> None:
    assert (await client.get(contact(uuid4()), headers=SHOWN)).status_code == 401


def test_the_endpoint_is_not_in_the_public_document(auth: Auth) -> None:
    assert not [path for path in auth_app(auth).openapi()["paths"] if "internal" in path]


def test_a_token_that_could_be_guessed_is_refused(database_url: str) -> None:
    with pytest.raises(ValidationError, match="at least 32 characters"):
        settings_for(database_url, internal_token="short")
