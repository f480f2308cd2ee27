"""A driver, a gate and a look into the database, as the integration tests use them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.sealing import Sealer
from parking_kernel.askers import THE_SERVICE
from parking_kernel.money import Money
from parking_platform.testing.waiting import wait_until
from reservation_service.adapters.postgres.unit_of_work import units_of_work
from reservation_service.application.event_handlers.settle_payments import (
    Captured,
    SettlePayments,
    settle_payments,
)
from reservation_service.application.ports import LotCopy

RESERVATIONS = "/api/v1/reservations"
TOMORROW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
ANSWER_KEY = bytes(range(32))
SEALER = Sealer(ANSWER_KEY)
Headers = dict[str, str]
Json = dict[str, Any]


def spot_request(lot: LotCopy, *, start: datetime = TOMORROW, hours: float = 3, **more: object) -> Json:
    """The body of a request for a spot."""
    end = start + timedelta(hours=hours)
    return {
        "parking_lot_id": str(lot.id),
        "start_time": start.isoformat(),
        "end_time": end.isoformat(),
        **{name: str(value) if isinstance(value, UUID) else value for name, value in more.items()},
    }


def captured(reservation: Json, payment_id: UUID | None = None, **changes: Any) -> Captured:
    """That the booking's charge was paid."""
    charge = reservation["charge"]
    return Captured(
        UUID(reservation["id"]),
        UUID(changes.get("charge_id", charge["id"])),
        payment_id or uuid4(),
        Money(changes.get("amount", charge["amount"]["amount"]), charge["amount"]["currency"]),
    )


@dataclass(frozen=True)
class Driver:
    """Somebody who is signed in."""

    client: httpx.AsyncClient
    headers: Headers

    async def reserve(self, body: Json, key: str | None = None) -> httpx.Response:
        """Ask for a spot."""
        headers = {**self.headers, "Idempotency-Key": key or str(uuid4())}
        return await self.client.post(RESERVATIONS, json=body, headers=headers)

    async def insists(self, body: Json) -> httpx.Response:
        """Ask for a spot, and again under the same key while the service has too much to do, as an app does."""
        key = str(uuid4())

        async def definite() -> httpx.Response | None:
            answer = await self.reserve(body, key)
            return None if answer.status_code == 503 else answer

        answer = await wait_until(definite, "a definite answer", seconds=60)
        assert answer is not None
        return answer

    async def holds(self, lot: LotCopy, **more: Any) -> Json:
        """Get a spot."""
        answer = await self.reserve(spot_request(lot, **more))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Look at something below `/api/v1/reservations`."""
        return await self.client.get(f"{RESERVATIONS}{path}", headers={**self.headers, **headers})

    async def sees(self, reservation: Json) -> Json:
        """How a reservation is now."""
        answer = await self.get(f"/{reservation['id']}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def cancel(self, reservation: Json, body: Json | None = None) -> httpx.Response:
        """Give a reservation up."""
        return await self.client.post(f"{RESERVATIONS}/{reservation['id']}/cancel", json=body, headers=self.headers)


@dataclass(frozen=True)
class Gate:
    """The gates of a lot."""

    client: httpx.AsyncClient
    headers: Headers
    lot: LotCopy

    async def enter(self, token: str, at: datetime | None = None, **more: str) -> httpx.Response:
        """Show a credential at the entry."""
        return await self._show("check-in", token, at, **more)

    async def leave(self, token: str, at: datetime | None = None, **more: str) -> httpx.Response:
        """Show a credential at the exit."""
        return await self._show("check-out", token, at, **more)

    async def _show(
        self, gate: str, token: str, at: datetime | None, key: str | None = None, **more: str
    ) -> httpx.Response:
        body = {"token": token, "parking_lot_id": str(self.lot.id), "at": at.isoformat() if at else None, **more}
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        return await self.client.post(f"/api/v1/gates/{gate}", json=body, headers=headers)


@dataclass(frozen=True)
class Database:
    """What is stored, behind the service's back."""

    engine: AsyncEngine

    async def rows(self, statement: str, **values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement, committed."""
        async with self.engine.begin() as connection:
            result = await connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    async def settle(self, reservation: Json, payment_id: UUID | None = None, **changes: Any) -> None:
        """What payment's event does when the booking's charge is paid."""
        await self.settle_all([captured(reservation, payment_id, **changes)])

    async def settle_all(self, payments: Sequence[Captured]) -> None:
        """What payment's events do that wait together."""
        async with units_of_work(SEALER).opened_on(self.engine)(THE_SERVICE) as work:
            await settle_payments(work, SettlePayments(payments))

    async def make_overdue(self, *, caught_up: bool = True) -> None:
        """Let every hold be due since a minute ago, with payment's events taken in until now, or until before that."""
        await self.rows("UPDATE reservations SET hold_expires_at = clock_timestamp() - interval '1 minute'")
        seen = "clock_timestamp()" if caught_up else "clock_timestamp() - interval '2 minutes'"
        await self.rows(f"UPDATE payments_seen SET until = {seen}")

    async def shift(self, reservation: Json, by: timedelta) -> None:
        """Move a reservation's time, as if it had been made earlier."""
        await self.rows(
            "UPDATE reservations SET starts_at = starts_at + :by, ends_at = ends_at + :by WHERE id = :id",
            by=by,
            id=UUID(reservation["id"]),
        )

    async def published(self) -> list[tuple[str, int]]:
        """Types and versions in the outbox, in order."""
        return [
            (event_type.removeprefix("parking.").removesuffix(".v1"), version)
            for event_type, version in await self.rows("SELECT type, version FROM outbox ORDER BY seq")
        ]
