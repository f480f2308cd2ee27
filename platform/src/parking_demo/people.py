"""The people of the stories: they know the public API, the mail page and the card form, and nothing else."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import uuid4

import httpx
import zxingcpp
from httpx import codes
from PIL import Image

from parking_platform.testing.waiting import wait_until

API = "/api/v1"
PASSWORD = "correct horse battery"  # noqa: S105 - of accounts that live as long as a story
MOST_SPOTS = 1_000  # that one answer lists of what is free
NOT_READY = "/problems/organization-not-ready"
TOKEN_IN_LINK = re.compile(r"\?token=([A-Za-z0-9_-]+)")

Json = dict[str, Any]


class UnexpectedAnswer(Exception):
    """The platform answered otherwise than the story goes; the message holds the request and the answer."""


def require(answer: httpx.Response, status: httpx.codes) -> httpx.Response:
    """The answer, if it has this status; raises UnexpectedAnswer otherwise."""
    if answer.status_code != status:
        asked = f"{answer.request.method} {answer.request.url.path}"
        raise UnexpectedAnswer(f"{asked} answered {answer.status_code}, not {status}: {answer.text}")
    return answer


def soon() -> datetime:
    """A start that is near enough for the gate to open already."""
    return datetime.now(UTC) + timedelta(minutes=10)


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
        return (await self.client.get(f"{self.mail}/messages", params={"to": address})).json()

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
        require(await person.register(), codes.CREATED)
        mail = await city.wait_for_mail(person.email, "confirm your e-mail")
        (token,) = set(TOKEN_IN_LINK.findall(mail["text"]))
        require(await city.client.post(f"{API}/auth/verify-email", json={"token": token}), codes.NO_CONTENT)
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
        self.tokens = require(await self.city.client.post(f"{API}/auth/token", data=form), codes.OK).json()

    async def user_id(self) -> str:
        """The person's id."""
        return require(await self.get("/users/me"), codes.OK).json()["id"]

    @property
    def authorization(self) -> dict[str, str]:
        """The header of a signed-in request."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    async def get(self, path: str, **more: Any) -> httpx.Response:
        """A GET, signed in."""
        return await self.send("GET", path, **more)

    async def post(self, path: str, body: object = None, **more: Any) -> httpx.Response:
        """A POST, signed in."""
        return await self.send("POST", path, json=body, **more)

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Any request, signed in."""
        return await self.city.client.request(
            method, f"{API}{path}", headers={**self.authorization, **(headers or {})}, **more
        )


@dataclass(frozen=True)
class CarPark:
    """A lot that can be booked, and its spots by number."""

    id: str
    spots: Mapping[str, str]


class Driver(Person):
    """A driver."""

    async def reserve(
        self,
        lot: CarPark,
        *,
        start: datetime | None = None,
        hours: int = 3,
        key: str | None = None,
        **spot_request: Any,
    ) -> httpx.Response:
        """Ask for a spot, tomorrow from noon on unless said otherwise."""
        start = start or tomorrow_at(12)
        body = {
            "parking_lot_id": lot.id,
            "start_time": start.isoformat(),
            "end_time": (start + timedelta(hours=hours)).isoformat(),
            **spot_request,
        }
        return await self.post("/reservations", body, headers={"Idempotency-Key": key or str(uuid4())})

    async def reservation(self, reservation_id: str) -> Json:
        """One's own reservation as it now is."""
        return (await self.get(f"/reservations/{reservation_id}")).json()

    async def wait_for_status(self, reservation_id: str, status: str) -> Json:
        """The reservation once it has come to a status."""

        async def reached() -> Json | None:
            now = await self.reservation(reservation_id)
            return now if now["status"] == status else None

        found = await wait_until(reached, f"reservation {reservation_id} to be {status}")
        assert found
        return found

    async def begin_payment(self, charge_token: str) -> Json:
        """Get what the card form needs."""
        body = {"charge_token": charge_token}
        answer = await self.post("/payments", body, headers={"Idempotency-Key": str(uuid4())})
        return require(answer, codes.CREATED).json()

    async def give_card(self, payment: Json, card: str = "pm_card_visa") -> Json:
        """Complete the payment as the card form does: straight with the provider."""
        intent_id = payment["client_secret"].partition("_secret_")[0]
        form = {"client_secret": payment["client_secret"], "payment_method": card, "key": payment["publishable_key"]}
        address = f"{self.city.stripe}/v1/payment_intents/{intent_id}/confirm"
        return (await self.city.client.post(address, data=form)).json()

    async def answer_bank(self, intent: Json, button: str = "complete") -> str:
        """Press a button on the bank's 3-D Secure page, `complete` or `fail`; the page's address."""
        page: str = intent["next_action"]["redirect_to_url"]["url"]
        require(await self.city.client.get(page), codes.OK)
        answer = await self.city.client.post(f"{page}/{button}")
        if answer.is_error:
            raise UnexpectedAnswer(f"the bank's page answered {answer.status_code}: {answer.text}")
        return page

    async def qr_text(self, reservation_id: str) -> str:
        """The text of the QR code, read as a gate reads it."""
        answer = await self.get(f"/reservations/{reservation_id}/qr", headers={"Accept": "image/png"})
        picture = Image.open(io.BytesIO(require(answer, codes.OK).content))
        # Others than QR codes are found in the noise of one, now and then.
        read = zxingcpp.read_barcodes(picture, formats=zxingcpp.barcode_formats_from_str("QRCode"))
        if len(read) != 1:
            raise UnexpectedAnswer(f"the picture holds {len(read)} codes that can be read, not one")
        return read[0].text

    async def pay(self, reservation: Json, card: str = "pm_card_visa") -> Json:
        """Pay a reservation's open charge."""
        return await self.give_card(await self.begin_payment(reservation["charge"]["token"]), card)


class Operator(Person):
    """An operator, who runs lots."""

    organization_id: str

    async def post_when_known(self, path: str, body: object) -> httpx.Response:
        """As `post`, again as long as parking does not know the organization, which was made a moment ago."""

        async def answered() -> httpx.Response | None:
            answer = await self.post(path, body)
            return None if answer.is_error and answer.json()["type"] == NOT_READY else answer

        answer = await wait_until(answered, "parking to know the organization")
        assert answer is not None
        return answer

    async def open_lot(
        self, *, spots: int = 3, hourly: int = 200, currency: str = "CHF", **otherwise: object
    ) -> CarPark:
        """A new lot that is open day and night, as soon as it can be booked; in Zürich unless said otherwise."""
        lot = await self.post_when_known(
            "/parking-lots",
            {
                "name": f"Sihlquai {uuid4().hex[:6]}",
                "location": {"latitude": 47.3825, "longitude": 8.5345},
                "address": "Sihlquai 41, 8005 Zürich",
                "time_zone": "Europe/Zurich",
                "hourly_rate": {"amount": hourly, "currency": currency},
                "currency": currency,
                **otherwise,
            },
        )
        lot_id = require(lot, codes.CREATED).json()["id"]
        plan = [{"spot_number": str(number), "spot_type": "standard"} for number in range(1, spots + 1)]
        require(await self.post(f"/parking-lots/{lot_id}/spots", {"spots": plan}), codes.CREATED)

        async def bookable() -> list[Json]:
            """Its spots and its prices come to reservation by different topics."""
            begin, end = tomorrow_at(12).isoformat(), tomorrow_at(13).isoformat()
            asked = {"from": begin, "to": end, "limit": MOST_SPOTS}
            answer = await self.get(f"/parking-lots/{lot_id}/availability", params=asked)
            free = answer.json()["spots"] if answer.is_success else []
            quote = await self.post("/quotes", {"parking_lot_id": lot_id, "start_time": begin, "end_time": end})
            return free if len(free) == spots and quote.is_success else []

        free = await wait_until(bookable, f"the {spots} spots of lot {lot_id} to be bookable")
        return CarPark(lot_id, {spot["spot_number"]: spot["spot_id"] for spot in free})

    async def gate(self, way: str, lot: CarPark, token: str, **more: Any) -> Json:
        """Hold a QR code's text to the reader; `way` is `check-in` or `check-out`."""
        answer = await self.post(f"/gates/{way}", {"token": token, "parking_lot_id": lot.id, **more})
        return require(answer, codes.OK).json()


class Administrator(Person):
    """An administrator, who runs the platform."""

    async def take_on_an_operator(self) -> Operator:
        """A new organization with one member."""
        operator = await Operator.registered(self.city)
        user_id = await operator.user_id()
        organization = await self.post("/organizations", {"name": f"Garages {uuid4().hex[:8]}"})
        operator.organization_id = require(organization, codes.CREATED).json()["id"]
        added = await self.send("PUT", f"/organizations/{operator.organization_id}/members/{user_id}", json={})
        require(added, codes.NO_CONTENT)
        await operator.sign_in()  # the token carries what one may do
        return operator
