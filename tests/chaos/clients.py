"""Drivers who do not give up: they ask again under the same key until they know, as an app does."""

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from httpx import codes
from tests.chaos.history import History, Operation, kept_of

from parking_demo.people import API, Driver, Json

IN_FLIGHT = "/problems/request-in-flight"
PASSING = frozenset({codes.TOO_MANY_REQUESTS, codes.BAD_GATEWAY, codes.SERVICE_UNAVAILABLE, codes.GATEWAY_TIMEOUT})
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
TOKEN_RESERVE_SECONDS = 60


class NoAnswer(Exception):
    """The deadline is past, and nobody knows what came of the request."""


@dataclass
class PersistentDriver(Driver):
    """`patience` is how long one request is repeated (seconds); with 0 each is made once.

    Signs in again before the access token runs out, as an app does.
    """

    history: History = field(kw_only=True)
    patience: float = field(default=90.0, kw_only=True)
    pauses: random.Random = field(default_factory=random.Random, kw_only=True)
    signed_in_at: float = field(default_factory=time.time, kw_only=True)

    async def send(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Any request, until there is a definite answer. Raises `NoAnswer`."""
        began, tries = time.time(), list[str]()
        answer: httpx.Response | None = None
        while answer is None and (not tries or time.time() < began + self.patience):
            if tries:
                await asyncio.sleep(self.pauses.uniform(0, min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** len(tries))))
            answer = await self._try(tries, method, path, headers or {}, more)
        key = (headers or {}).get("Idempotency-Key")
        operation = Operation(
            method, path, key, more.get("json") or {}, began, time.time(), tuple(tries),
            status=answer.status_code if answer else None, answer=_body(answer),
        )  # fmt: skip
        self.history.note(operation)
        if answer is None:
            raise NoAnswer(f"{method} {path}: {', '.join(tries)}")
        return answer

    async def _try(
        self, tries: list[str], method: str, path: str, headers: Mapping[str, str], more: Mapping[str, Any]
    ) -> httpx.Response | None:
        """The answer, if it is definite."""
        if time.time() > self.signed_in_at + self.tokens["expires_in"] - TOKEN_RESERVE_SECONDS:
            await self._sign_in_again()
        signed = {**self.authorization, **headers}
        try:
            answer = await self.city.client.request(method, f"{API}{path}", headers=signed, **more)
        except httpx.TransportError as error:
            tries.append(type(error).__name__)
            return None
        tries.append(str(answer.status_code))
        if not self.patience:
            return answer
        if answer.status_code == codes.UNAUTHORIZED:
            await self._sign_in_again()
            return None
        return None if answer.status_code in PASSING or is_in_flight(answer) else answer

    async def _sign_in_again(self) -> None:
        form = {"grant_type": "password", "username": self.email, "password": self.password}
        try:
            answer = await self.city.client.post(f"{API}/auth/token", data=form)
        except httpx.TransportError:
            return
        if answer.is_success:
            self.tokens, self.signed_in_at = answer.json(), time.time()

    async def give_card(self, payment: Json, card: str = "pm_card_visa") -> Json:
        """Complete the payment with the provider; again where it did not answer, for a second time costs nothing."""
        while True:
            try:
                return await super().give_card(payment, card)
            except httpx.TransportError:
                await asyncio.sleep(LONGEST_PAUSE)


def is_in_flight(answer: httpx.Response) -> bool:
    """Whether another request with the same key is being worked on."""
    return answer.status_code == codes.CONFLICT and answer.json().get("type") == IN_FLIGHT


def _body(answer: httpx.Response | None) -> Json:
    if answer is None or not answer.content:
        return {}
    try:
        return kept_of(answer.json())
    except json.JSONDecodeError:
        return {}
