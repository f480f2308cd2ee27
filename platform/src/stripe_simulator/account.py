"""The simulated account: its objects, the events about them, and what is to happen to them later."""

import json
import secrets
import string
from dataclasses import dataclass
from typing import Any

from stripe_simulator.clock import Clock
from stripe_simulator.deliveries import Deliveries
from stripe_simulator.errors import no_such
from stripe_simulator.knobs import Panel
from stripe_simulator.settings import Settings
from stripe_simulator.store import Store

type Body = dict[str, Any]

PREFIXES = {
    "pi": "payment_intent",
    "ch": "charge",
    "re": "refund",
    "cus": "customer",
    "pm": "payment_method",
    "txn": "balance_transaction",
    "dp": "dispute",
    "evt": "event",
}
# Stripe's messages name some kinds otherwise than their `object` does.
SPOKEN = {"payment_method": "PaymentMethod"}
ALPHABET = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """A new identifier in Stripe's form."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(length))


@dataclass(frozen=True, slots=True)
class Cause:
    """The API request that makes an event happen; nothing for what happens by itself."""

    request: str | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Reads and changes objects inside one transaction, on behalf of one request."""

    store: Store
    clock: Clock
    panel: Panel
    deliveries: Deliveries
    settings: Settings
    cause: Cause = Cause()

    def now(self) -> int:
        """The account's time in whole seconds."""
        return int(self.clock.now())

    def insert(self, body: Body, **hidden: Any) -> Body:
        """Keep a new object, and what the API never shows of it."""
        self.store.run(
            "INSERT INTO objects (id, kind, created, body, hidden) VALUES (?, ?, ?, ?, ?)",
            body["id"],
            body["object"],
            body["created"],
            json.dumps(body),
            json.dumps(hidden),
        )
        return body

    def save(self, body: Body) -> Body:
        """Keep an object's new state."""
        self.store.run("UPDATE objects SET body = ? WHERE id = ?", json.dumps(body), body["id"])
        return body

    def find(self, object_id: str) -> Body | None:
        """An object by its id."""
        row = self.store.row("SELECT body FROM objects WHERE id = ?", object_id)
        return self._derived(json.loads(row["body"])) if row else None

    def get(self, kind: str, object_id: str, param: str, status: int = 404) -> Body:
        """An object of a kind; raises `resource_missing` naming the parameter."""
        body = self.find(object_id)
        if body is None or body["object"] != kind:
            raise no_such(SPOKEN.get(kind, kind), object_id, param, status)
        return body

    def hidden(self, object_id: str) -> Body:
        """What the API never shows of an object."""
        row = self.store.row("SELECT hidden FROM objects WHERE id = ?", object_id)
        return json.loads(row["hidden"]) if row else {}

    def hide(self, object_id: str, **changes: Any) -> None:
        """Change what the API never shows of an object."""
        hidden = self.hidden(object_id) | changes
        self.store.run("UPDATE objects SET hidden = ? WHERE id = ?", json.dumps(hidden), object_id)

    def select(self, condition: str, *values: object, order: str = "DESC", limit: int = 100) -> list[Body]:
        """Objects by a condition of this package's own making, newest first."""
        rows = self.store.rows(
            f"SELECT body FROM objects WHERE {condition} ORDER BY seq {order} LIMIT ?",  # noqa: S608 -- no caller passes input in the condition
            *values,
            limit,
        )
        return [self._derived(json.loads(row["body"])) for row in rows]

    def place(self, object_id: str, param: str) -> int:
        """Where an object stands in its list, for a page that begins at it."""
        row = self.store.row("SELECT seq FROM objects WHERE id = ?", object_id)
        if row is None:
            kind = PREFIXES.get(object_id.partition("_")[0], "object")
            raise no_such(SPOKEN.get(kind, kind), object_id, param, 400)
        return row["seq"]

    def emit(self, kind: str, body: Body, previous: Body | None = None) -> None:
        """Publish a change: an event with the object as it is now, queued for delivery."""
        data: Body = {"object": body}
        if previous is not None:
            data["previous_attributes"] = previous
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": self.settings.api_version,
            "created": self.now(),
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": {"id": self.cause.request, "idempotency_key": self.cause.idempotency_key},
            "type": kind,
        }
        self.insert(event)
        if self.settings.webhook_url:
            self.deliveries.enqueue(event["id"], kind)

    def later(self, action: str, object_id: str, seconds: float) -> None:
        """Plan something for later; due_work.py knows the actions."""
        self.store.run(
            "INSERT INTO agenda (due_at, action, object) VALUES (?, ?, ?)",
            self.clock.now() + seconds,
            action,
            object_id,
        )

    def _derived(self, body: Body) -> Body:
        if body["object"] == "balance_transaction" and body["available_on"] <= self.now():
            body["status"] = "available"
        elif body["object"] == "event":
            body["pending_webhooks"] = self.deliveries.waiting(body["id"])
        return body


def merge_metadata(body: Body, changes: dict[str, str] | None) -> None:
    """Change metadata as Stripe does: an empty value removes its key, None removes all."""
    merged = {} if changes is None else body["metadata"] | changes
    body["metadata"] = {key: value for key, value in merged.items() if value}
