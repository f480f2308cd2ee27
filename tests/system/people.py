"""The people of the stories: they know the public API, the mail page and the card form, and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import uuid4

import httpx

from parking_platform.testing.waiting import wait_until

API = "/api/v1"
PASSWORD = "correct horse battery"
TOKEN_IN_LINK = re.compile(r"\?token=([A-Za-z0-9_-]+)")

Json = dict[str, Any]


def tomorrow_at(hour: int, minute: int = 0) -> datetime:
    """An instant tomorrow."""
    return datetime.now(UTC).replace(hour=hour, minute=minute, second=0, microsecond=0) + timedelta(days=1)


@dataclass(frozen=True)
class City:
    """Where everything is: the gateway, the mail page, the payment provider."""

    client: httpx.AsyncClient
    mail: str
    stripe: str

    async def mails_to(self, address: str) -> list[Json]:
        """What someone got, the newest first."""
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{self.mail}/messages", params={"to": address})).json()

    async def wait_for_mail(self, address: str, subject: str) -> Json:
        """A mail whose subject contains some words."""

        async def arrived() -> list[Json]:
            return [mail for mail in await self.mails_to(address) if subject.lower() in mail["subject"].lower()]

        return (await wait_until(arrived, f"a mail about {subject!r} to {address}"))[0]


@dataclass
class Person:
    """Someone with an account."""

    city: City
    email: str
    password: str = PASSWORD
    tokens: Json = field(default_factory=dict[str, Any])

    @classmethod
    async def registered(cls, city: City) -> Self:
        """A new account, its address verified by the mail's link."""
        person = cls(city, f"{uuid4().hex}@example.com")
        answer = await person.register()
        assert answer.status_code == 201, answer.text
        mail = await city.wait_for_mail(person.email, "confirm your e-mail")
        token = TOKEN_IN_LINK.search(mail["text"])
        assert token, mail["text"]
        verified = await city.client.post(f"{API}/auth/verify-email", json={"token": token[1]})
        assert verified.status_code == 204, verified.text
        await person.sign_in()
        return person

    @classmethod
    async def signed_in(cls, city: City, email: str, password: str) -> Self:
        """An account that is there already."""
        person = cls(city, email, password)
        await person.sign_in()
        return person

    async def register(self) -> httpx.Response:
        """Ask for an account."""
        body = {"email": self.email, "password": self.password, "full_name": "Pat Person"}
        return await self.city.client.post(f"{API}/auth/register", json=body)

    async def sign_in(self) -> None:
        """Get tokens by password."""
        form = {"grant_type": "password", "username": self.email, "password": self.password}
        answer = await self.city.client.post(f"{API}/auth/token", data=form)
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()

    @property
    def authorization(self) -> dict[str, str]:
        """The header of a signed-in request."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def get(self, path: str, **more: Any) -> httpx.Response:
        """Ask."""
        return await self.send("GET", path, **more)

    async def post(self, path: str, body: object = None, **more: Any) -> httpx.Response:
        """Tell."""
        return await self.send("POST", path, json=body, **more)

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Any request, signed in."""
        return await self.city.client.request(
            method, f"{API}{path}", headers={**self.authorization, **(headers or {})}, **more
        )


class Driver(Person):
    """Parks."""


class Operator(Person):
    """Runs lots."""

    organization_id: str


class Administrator(Person):
    """Runs the platform."""

    async def take_on_an_operator(self) -> Operator:
        """A new organization with one member."""
        operator = await Operator.registered(self.city)
        user_id = (await operator.get("/users/me")).json()["id"]
        organization = await self.post("/organizations", {"name": f"Garages {uuid4().hex[:8]}"})
        assert organization.status_code == 201, organization.text
        operator.organization_id = organization.json()["id"]
        added = await self.send("PUT", f"/organizations/{operator.organization_id}/members/{user_id}", json={})
        assert added.status_code == 204, added.text
        await operator.sign_in()  # the token carries what one may do
        return operator
