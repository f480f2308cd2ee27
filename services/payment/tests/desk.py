"""What tests do again and again with the service, and what they read from its tables."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
from services.payment.tests.people import Owed, People
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_events import EVENT_CLASSES
from parking_platform.testing.waiting import wait_until
from stripe_simulator.process import SimulatorProcess


@dataclass(frozen=True)
class Desk:
    client: httpx.AsyncClient
    people: People
    engine: AsyncEngine
    simulator: SimulatorProcess

    async def start(self, owed: Owed, key: str | None = None, **more: object) -> httpx.Response:
        """Ask to pay a charge."""
        return await self.client.post(
            "/api/v1/payments",
            json={"charge_token": self.people.charge_token(owed), **more},
            headers={**self.people.signed_in(owed.user_id), "Idempotency-Key": key or str(uuid4())},
        )

    async def started(self, owed: Owed) -> dict[str, Any]:
        """A payment that waits for the driver."""
        answer = await self.start(owed)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def refund(self, owed: Owed, payment_id: object, key: str | None = None, **body: object) -> httpx.Response:
        """Ask for a refund as the organization's operator."""
        headers = {**self.people.operator_of(owed.organization_id), "Idempotency-Key": key or str(uuid4())}
        body = {"reason": "goodwill", **body}
        return await self.client.post(f"/api/v1/payments/{payment_id}/refunds", json=body, headers=headers)

    async def show(self, owed: Owed, payment_id: object) -> dict[str, Any]:
        """The payment as its driver sees it."""
        answer = await self.client.get(f"/api/v1/payments/{payment_id}", headers=self.people.signed_in(owed.user_id))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def wait_for_status(self, payment_id: object, *statuses: str) -> None:
        """Until the last event of the payment is one of these."""

        async def is_published() -> bool:
            events = await self.events(payment_id)
            return bool(events) and events[-1]["status"] in statuses

        await wait_until(is_published, f"{payment_id} to be published as {statuses}")

    async def wait_for_events(self, payment_id: object, count: int) -> None:
        """Until so many events of the payment are published."""

        async def are_published() -> bool:
            return len(await self.events(payment_id)) >= count

        await wait_until(are_published, f"{count} events of {payment_id}")

    async def events(self, payment_id: object) -> list[dict[str, Any]]:
        """What was published of a payment, in order, each valid against its contract; its type stands under `type`."""
        rows = await self.rows(
            "SELECT type, payload, version FROM outbox WHERE aggregateid = :id ORDER BY seq", id=str(payment_id)
        )
        for row in rows:
            EVENT_CLASSES[row["type"]].from_json(row["payload"])
        assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
        return [{**json.loads(row["payload"]), "type": _word(row["type"])} for row in rows]

    async def published(self, payment_id: object) -> list[str]:
        """The words of the payment's events, in order."""
        return [event["type"] for event in await self.events(payment_id)]

    async def ledger(self) -> dict[str, int]:
        """The balance of each account, by its first word; the books as published must be the books as stored."""
        rows = await self.rows("SELECT account, sum(amount) AS balance FROM ledger_postings GROUP BY account")
        posted = await self.rows("SELECT payload FROM outbox WHERE type = 'parking.ledger.posted.v1'")
        published: dict[str, int] = {}
        for row in posted:
            event = EVENT_CLASSES["parking.ledger.posted.v1"].from_json(row["payload"])
            for posting in event.model_dump()["postings"]:
                published[posting["account"]] = published.get(posting["account"], 0) + posting["amount"]
        assert published == {row["account"]: int(row["balance"]) for row in rows}
        assert sum(published.values()) == 0
        balances: dict[str, int] = {}
        for account, balance in published.items():
            word = account.partition(":")[0]
            balances[word] = balances.get(word, 0) + balance
        return {word: balance for word, balance in balances.items() if balance}

    async def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """The rows of a query."""
        async with self.engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(text(statement), values)).mappings()]

    async def run(self, statement: str, **values: object) -> None:
        """Change a table behind the service's back."""
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), values)

    async def knob(self, method: str, path: str, body: Any = None) -> Any:
        """Use one of the simulator's knobs."""
        return await asyncio.to_thread(self.simulator.control, method, path, body)

    async def intents(self) -> list[dict[str, Any]]:
        """All intents that Stripe has."""
        return await self._listed("payment_intents")

    async def provider_refunds(self) -> list[dict[str, Any]]:
        """All refunds that Stripe has."""
        return await self._listed("refunds")

    async def _listed(self, what: str) -> list[dict[str, Any]]:
        async with httpx.AsyncClient(base_url=self.simulator.url, auth=(self.simulator.secret_key, "")) as stripe:
            answer = await stripe.get(f"/v1/{what}", params={"limit": 100})
        return answer.json()["data"]

    async def all_due(self) -> None:
        """Let all due work be due now."""
        await self.run("UPDATE payments SET look_at = now() WHERE look_at IS NOT NULL")
        await self.run("UPDATE refunds SET due_at = now() WHERE due_at IS NOT NULL")


def _word(event_type: str) -> str:
    return event_type.removeprefix("parking.payment.").removesuffix(".v1")


def payment_id(started: dict[str, Any]) -> UUID:
    return UUID(started["id"])
