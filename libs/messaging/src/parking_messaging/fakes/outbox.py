"""An outbox in memory."""

from collections.abc import Sequence
from datetime import UTC, datetime

from parking_events import WireEvent
from parking_messaging.fakes.transactions import FakeTransaction
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import OutboxRow, Unsent


class FakeOutbox:
    """`events` holds what was committed, in order; `unsent` what no relay has published yet."""

    def __init__(self) -> None:
        self.events: list[WireEvent] = []
        self.unsent: dict[int, Unsent] = {}
        self.sent: dict[int, Unsent] = {}
        self._seq = 0

    async def add(self, tx: FakeTransaction, events: Sequence[WireEvent]) -> None:
        """Write the events once the transaction commits."""
        await self.add_rows(tx, [outbox_row(event) for event in events])
        tx.on_commit(lambda: self.events.extend(events))

    async def add_rows(self, tx: FakeTransaction, rows: Sequence[OutboxRow]) -> None:
        """Numbers are drawn at once, as a sequence does; rows are seen after the commit."""
        for row in rows:
            self._seq += 1
            unsent = Unsent(self._seq, row, datetime.now(UTC))
            tx.on_commit(lambda unsent=unsent: self.unsent.__setitem__(unsent.seq, unsent))
