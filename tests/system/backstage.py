"""Where no client can reach: the services' databases, and the payment provider's own side."""

import asyncio
import json
import os
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg
import httpx

from parking_demo.people import Json
from parking_platform.servers.service import program
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import meanwhile, wait_until
from stripe_simulator.deliveries import DELIVERED, PENDING
from stripe_simulator.knobs import Knobs
from stripe_simulator.webhooks import signature

PATIENCE = 60
# Made once: to read the machine's certificates takes longer than most questions.
TRUST = ssl.create_default_context()
TOO_MANY = 429


async def command(platform: RunningPlatform, service: str, *arguments: str) -> str:
    """One of a service's commands, as an operator runs it: what it prints. Fails where the command does."""
    process = await asyncio.create_subprocess_exec(
        program(service), *arguments, env={**os.environ, **platform.parts.service_environment(service)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    printed, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    return printed.decode()


@dataclass(frozen=True)
class Databases:
    """The database of each service, as the role that it runs as; `owners` as the one that may change the schema."""

    urls: Mapping[str, str]
    owners: Mapping[str, str] = field(default_factory=dict[str, str])

    @asynccontextmanager
    async def connected(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection to one of them."""
        connection = await asyncpg.connect(self.urls[service])
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def changing_schema(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection of the owner of one of them."""
        connection = await asyncpg.connect(self.owners[service])
        try:
            yield connection
        finally:
            await connection.close()

    async def rows(self, service: str, statement: str, *values: object) -> list[asyncpg.Record]:
        """What a statement gives."""
        async with self.connected(service) as connection:
            return await connection.fetch(statement, *values)

    async def let_the_hold_run_out(self, reservation_id: str) -> None:
        """Fifteen minutes by the database's clock: nobody can wait so long, nor turn that clock.

        So this one hold ends now. Everything else stays with the service: it finds the hold due, asks Kafka whether
        its money is on the way, and expires it.
        """
        statement = "UPDATE reservations SET hold_expires_at = clock_timestamp() WHERE id = $1 AND status = 'pending'"
        await self.rows("reservation", statement, reservation_id)

    @asynccontextmanager
    async def double_booking_allowed(self) -> AsyncIterator[None]:
        """Without the constraint that refuses it, until the end of the block, whatever happens in there."""
        async with self.changing_schema("reservation") as connection:
            definition = await connection.fetchval(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'no_double_booking'"
            )
            await connection.execute("ALTER TABLE allocations DROP CONSTRAINT no_double_booking")
            try:
                yield
            finally:
                # Of allocations that overlap the first one stays, or the constraint could not come back.
                async with connection.transaction():
                    await connection.execute("LOCK TABLE allocations")
                    await connection.execute(
                        """DELETE FROM allocations later USING allocations first
                        WHERE later.spot_id = first.spot_id AND later.during && first.during AND later.id > first.id"""
                    )
                    await connection.execute(f"ALTER TABLE allocations ADD CONSTRAINT no_double_booking {definition}")

    @asynccontextmanager
    async def neck_and_neck(self, bookings: int) -> AsyncIterator[None]:
        """No booking is written until so many of the block are about to be: each has found its spot free by then."""
        async with self.connected("reservation") as connection:
            held_up = connection.transaction()
            await held_up.start()
            await connection.execute("LOCK TABLE allocations IN SHARE MODE")

            async def enough_wait() -> bool:
                waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'allocations'::regclass AND NOT granted"
                return await connection.fetchval(waiting) >= bookings

            async def release() -> None:
                await wait_until(enough_wait, f"{bookings} bookings about to be written")
                await held_up.commit()

            async with meanwhile(release()):
                yield

    async def booked(self, payment_id: str) -> dict[str, int]:
        """What the ledger says of a payment, by kind of account."""
        postings = await self.rows(
            "payment",
            """SELECT split_part(account, ':', 1) AS account, sum(amount)::bigint AS amount
            FROM ledger_postings JOIN ledger_entries ON ledger_entries.id = entry_id
            WHERE payment_id = $1 GROUP BY 1 HAVING sum(amount) <> 0""",
            payment_id,
        )
        return {row["account"]: row["amount"] for row in postings}


@dataclass(frozen=True)
class Provider:
    """What the payment provider holds, and how it misbehaves. A payment is what `POST /payments` answered."""

    url: str
    secret_key: str
    webhook_secret: str

    async def turn(self, **knobs: object) -> None:
        """Misbehave; see `stripe_simulator.knobs`."""
        await self._ask("POST", "/_simulator/knobs", json=knobs)

    async def behave(self) -> None:
        """Everything as it should be, and what was held back is sent."""
        await self.turn(**asdict(Knobs()))
        await self._ask("DELETE", "/_simulator/faults")
        await self.deliver()

    async def deliver(self) -> None:
        """Send the messages that wait, now."""
        await self._ask("POST", "/_simulator/webhooks/deliver")

    async def keep_quiet_about(self, payment: Json) -> None:
        """Keep messages back, and refuse to read or cancel the intent; the driver can still pay it."""
        await self.turn(webhook_paused=True)
        path = f"/v1/payment_intents/{intent_id(payment)}"
        for method, refused in (("GET", path), ("POST", f"{path}/cancel")):
            await self.refuse(method, refused)

    async def refuse(self, method: str, path: str, *, times: int = 1_000_000) -> None:
        """Be too busy for such calls."""
        fault = {"action": "error", "status": TOO_MANY, "method": method, "path": path, "times": times}
        await self._ask("POST", "/_simulator/faults", json=fault)

    async def decide_dispute(self, payment: Json, outcome: str) -> bool:
        """Have a payment's dispute end `won` or `lost`; false while there is none."""
        found = await self._ask("GET", "/v1/disputes", params={"payment_intent": intent_id(payment)})
        for dispute in found["data"]:
            await self._ask("POST", f"/_simulator/disputes/{dispute['id']}/close", json={"outcome": outcome})
        return bool(found["data"])

    async def intents_of(self, payment: Json) -> list[Json]:
        """The intents that the provider has for a payment: one, or something went wrong."""
        listed = await self._ask("GET", "/v1/payment_intents", params={"limit": 100})
        return [each for each in listed["data"] if each["metadata"].get("payment_id") == payment["id"]]

    async def money_of(self, payment: Json) -> tuple[list[int], list[int]]:
        """The amounts that were taken and those that were given back, by whatever intents."""
        intents = await self.intents_of(payment)
        charges, refunds = [await self._succeeded(what, intents) for what in ("charges", "refunds")]
        return [each["amount_captured"] for each in charges], [each["amount"] for each in refunds]

    async def events_of(self, payment: Json) -> list[Json]:
        """All events of the intent, the newest first."""
        listed = await self._ask("GET", "/v1/events", params={"type": "payment_intent.*", "limit": 100})
        return [each for each in listed["data"] if each["data"]["object"]["id"] == intent_id(payment)]

    async def delivered_about(self, payment: Json) -> list[str]:
        """The types of the messages about the intent in the order of their delivery, once none is on its way."""
        events = {each["id"] for each in await self.events_of(payment)}

        async def all_delivered() -> list[Json]:
            deliveries = await self._ask("GET", "/_simulator/deliveries")
            return [] if any(each["state"] == PENDING for each in deliveries if each["event"] in events) else deliveries

        deliveries = await wait_until(all_delivered, "every message to be delivered", seconds=PATIENCE)
        ours = [each for each in deliveries if each["event"] in events and each["state"] == DELIVERED]
        return [each["type"] for each in sorted(ours, key=lambda each: each["delivered_at"])]

    async def is_silent_about(self, payment: Json) -> bool:
        """Whether no message about the intent has been delivered."""
        events = {each["id"] for each in await self.events_of(payment)}
        deliveries = await self._ask("GET", "/_simulator/deliveries")
        return not any(each["event"] in events and each["state"] == DELIVERED for each in deliveries)

    async def everything(self, what: str) -> list[Json]:
        """All that the provider has of a kind, such as `charges`, page by page."""
        found: list[Json] = []
        while True:
            after = {"starting_after": found[-1]["id"]} if found else {}
            page = await self._ask("GET", f"/v1/{what}", params={"limit": 100, **after})
            found += page["data"]
            if not page["has_more"]:
                return found

    def signed(self, event: Json, *, secret: str = "", age: int = 0) -> Json:
        """A message as the provider would send it, for httpx: its content and headers."""
        body = json.dumps(event)
        stamp = signature(secret or self.webhook_secret, body, int(time.time()) - age)
        return {"content": body, "headers": {"Stripe-Signature": stamp, "Content-Type": "application/json"}}

    async def _succeeded(self, what: str, intents: list[Json]) -> list[Json]:
        asked = [{"payment_intent": each["id"], "limit": 100} for each in intents]
        listed = [await self._ask("GET", f"/v1/{what}", params=params) for params in asked]
        return [each for page in listed for each in page["data"] if each["status"] == "succeeded"]

    async def _ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.secret_key}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, verify=TRUST) as client:
            answer = await client.request(method, path, timeout=PATIENCE, **more)
        assert answer.is_success, answer.text
        return answer.json()


def intent_id(payment: Json) -> str:
    """The provider's name of a payment, as the card form knows it."""
    return payment["client_secret"].partition("_secret_")[0]
