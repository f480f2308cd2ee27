"""What gates report, and what is kept of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.periods import Period
from parking_kernel.repeatable import Answer, RequestKey
from reservation_service.domain.gate_answers import GateAnswer
from reservation_service.domain.gate_lists import ListedReservation


@dataclass(frozen=True, slots=True)
class GateReport:
    """A gate read a credential; `at` is when, for one that was offline.

    `gate_id` is the operator's name of the gate; those of a lot that name none count as one. `key` makes a repeated
    report harmless, and so do the same credential, gate and `at`.
    """

    asker: Asker
    parking_lot_id: UUID
    credential: str = field(repr=False)
    at: datetime | None = None
    gate_id: str | None = None
    key: RequestKey | None = None

    def as_fact(self, way: str) -> RequestKey | None:
        """What the same report of a lot's gates is known by, from any sender; none without `at`: each is a new one."""
        if self.at is None:
            return None
        fact = "\0".join((self.at.astimezone(UTC).isoformat(), self.gate_id or "", self.credential))
        digest = sha256(fact.encode())
        return RequestKey(f"gates:{self.parking_lot_id}:{way}", digest.hexdigest(), digest.digest())


RenderGateAnswer = Callable[[GateAnswer], Answer]
"""Renders what a gate is answered. What is stored for a repeated report is the answer itself."""


class EarlyExits(Protocol):
    """Exits that were reported before their entries. Those that no entry came for are purged after some days."""

    async def keep(self, reservation_id: UUID, exited_at: datetime) -> None:
        """Keep an exit; again changes nothing."""
        ...

    async def take(self, reservation_id: UUID, entered_at: datetime) -> datetime | None:
        """The first exit since an entry, which it ends; none is kept any longer then."""
        ...


class GateLists(Protocol):
    """What goes on the list of a lot's gates."""

    async def stays(self, parking_lot_id: UUID, limit: int) -> Sequence[ListedReservation]:
        """The reservations of a lot whose cars are in, the newest first."""
        ...

    async def coming(
        self, parking_lot_id: UUID, window: Period, limit: int
    ) -> tuple[Sequence[ListedReservation], datetime]:
        """Confirmed reservations that meet a window, by their start, and until when these are all.

        Those of suspended users are left out: they are not let in.
        """
        ...
