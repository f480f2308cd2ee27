"""A record of requests and answers, which conformance.py checks against Stripe's own description of its API."""

import json
import re
from typing import Any

from stripe_simulator.store import Store

CARD_NUMBER = re.compile(r"(card(?:%5D|\])?(?:%5B|\[)number(?:%5D|\])=)[^&]*")
CARD_CODE = re.compile(r"(card(?:%5D|\])?(?:%5B|\[)cvc(?:%5D|\])=)[^&]*")
PRUNED_EVERY = 100


class Journal:
    """Keeps the latest entries; card numbers never enter it."""

    def __init__(self, store: Store, size: int) -> None:
        self._store = store
        self._size = size

    def write(self, entry: dict[str, Any]) -> None:
        """Add an entry."""
        if not self._size:
            return
        form = CARD_CODE.sub(r"\g<1>123", CARD_NUMBER.sub(r"\g<1>4242424242424242", entry["form"]))
        self._store.run("INSERT INTO journal (entry) VALUES (?)", json.dumps({**entry, "form": form}))
        last = self._store.row("SELECT max(seq) AS seq FROM journal")
        if last and last["seq"] % PRUNED_EVERY == 0:
            self._store.run("DELETE FROM journal WHERE seq <= ?", last["seq"] - self._size)

    def entries(self, after: int = 0) -> list[dict[str, Any]]:
        """The entries after a number, oldest first."""
        rows = self._store.rows("SELECT seq, entry FROM journal WHERE seq > ? ORDER BY seq", after)
        return [{"seq": row["seq"], **json.loads(row["entry"])} for row in rows]

    def clear(self) -> None:
        """Delete all entries."""
        self._store.run("DELETE FROM journal")
