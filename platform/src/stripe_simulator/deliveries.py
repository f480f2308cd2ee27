"""Which event is still to be sent to the receiver, and what the knobs make of it. Sending is in webhooks.py."""

import time
import zlib
from dataclasses import dataclass
from typing import Any

from stripe_simulator.knobs import Panel
from stripe_simulator.store import Store

PENDING, HELD, DROPPED, DELIVERED, GIVEN_UP = "pending", "held", "dropped", "delivered", "given_up"
LONGEST_WAIT = 3_600.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One copy of one event on its way."""

    seq: int
    event: str
    attempts: int


class Deliveries:
    """The queue. Times here are the machine's: advancing the account's clock shortens no retry."""

    def __init__(self, store: Store, panel: Panel, retry_base: float, retry_limit: int) -> None:
        self._store = store
        self._panel = panel
        self._retry_base = retry_base
        self._retry_limit = retry_limit

    def enqueue(self, event: str, kind: str) -> None:
        """Queue a new event, as the knobs say; part of the transaction that makes the event."""
        knobs = self._panel.knobs
        state = PENDING
        if self._is_dropped():
            state = DROPPED
        elif knobs.webhook_reorder:
            state = HELD
        due_at = time.time() + knobs.webhook_delay_ms / 1000
        for _ in range(1 + (knobs.webhook_repeat if state != DROPPED else 0)):
            self._store.run(
                "INSERT INTO deliveries (event, type, state, due_at) VALUES (?, ?, ?, ?)", event, kind, state, due_at
            )
        if state == HELD and len(self._held()) >= knobs.webhook_reorder:
            self.release()

    def _is_dropped(self) -> bool:
        knobs = self._panel.knobs
        if knobs.webhook_drop_next:
            self._panel.turn({"webhook_drop_next": knobs.webhook_drop_next - 1})
            return True
        if not knobs.webhook_drop_ratio:
            return False
        number = self._store.note("events_drawn", 0)
        self._store.keep("events_drawn", number + 1)
        return zlib.crc32(f"{knobs.webhook_drop_seed}:{number}".encode()) / 2**32 < knobs.webhook_drop_ratio

    def _held(self) -> list[str]:
        return [row["event"] for row in self._store.rows("SELECT DISTINCT event FROM deliveries WHERE state = ?", HELD)]

    def release(self) -> int:
        """Send what is held, the last one first."""
        return self._store.run(
            "UPDATE deliveries SET state = ?, due_at = ?, turn = -seq WHERE state = ?", PENDING, time.time(), HELD
        )

    def again(self, event: str, kind: str) -> None:
        """Queue one more copy of an event, whatever the knobs say."""
        self._store.run(
            "INSERT INTO deliveries (event, type, state, due_at) VALUES (?, ?, ?, ?)", event, kind, PENDING, time.time()
        )

    def hasten(self) -> None:
        """Make everything that waits due now, held ones included and in their turn."""
        self.release()
        self._store.run(
            "UPDATE deliveries SET due_at = ? WHERE state = ? AND due_at > ?", time.time(), PENDING, time.time()
        )

    def due(self, limit: int) -> list[Delivery]:
        """The next ones to send."""
        rows = self._store.rows(
            """SELECT seq, event, attempts FROM deliveries WHERE state = ? AND due_at <= ?
            ORDER BY due_at, turn, seq LIMIT ?""",
            PENDING,
            time.time(),
            limit,
        )
        return [Delivery(**dict(row)) for row in rows]

    def seconds_until_due(self) -> float | None:
        """How long nothing has to be sent; None when nothing waits."""
        row = self._store.row("SELECT min(due_at) AS due_at FROM deliveries WHERE state = ?", PENDING)
        return max(0.0, row["due_at"] - time.time()) if row and row["due_at"] is not None else None

    def record(self, delivery: Delivery, answer: str, *, accepted: bool) -> None:
        """Note an attempt's outcome; one that failed comes again, later each time."""
        attempts = delivery.attempts + 1
        wait = min(self._retry_base * 2 ** (attempts - 1), LONGEST_WAIT)
        failed = GIVEN_UP if attempts >= self._retry_limit else PENDING
        self._store.run(
            "UPDATE deliveries SET state = ?, due_at = ?, attempts = ?, answer = ?, delivered_at = ? WHERE seq = ?",
            DELIVERED if accepted else failed,
            time.time() + (0 if accepted else wait),
            attempts,
            answer,
            time.time() if accepted else None,
            delivery.seq,
        )

    def waiting(self, event: str) -> int:
        """How many copies of an event have not arrived: its `pending_webhooks`."""
        row = self._store.row(
            "SELECT count(*) AS n FROM deliveries WHERE event = ? AND state IN (?, ?)", event, PENDING, HELD
        )
        return row["n"] if row else 0

    def report(self, event: str | None = None, limit: int = 1_000) -> list[dict[str, Any]]:
        """The latest deliveries, newest first, for tests and for the overview."""
        rows = self._store.rows(
            "SELECT * FROM deliveries WHERE ? IS NULL OR event = ? ORDER BY seq DESC LIMIT ?", event, event, limit
        )
        return [dict(row) for row in rows]
