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
    """Exits that were reported before their entries. They mean nothing once no entry can be reported any more."""

    async def keep(self, reservation_id: UUID, exited_at: datetime) -> None:
        """Keep an exit; again changes nothing."""
        ...

    async def take(self, reservation_id: UUID, since: datetime) -> datetime | None:
        """The first exit since an instant; none is kept any longer then."""
        ...

    async def has(self, reservation_id: UUID, since: datetime) -> bool:
        """Whether an exit since an instant is kept of a reservation."""
        ...


@dataclass(frozen=True, slots=True)
class UnsettledStay:
    """What gates without a network reported of a reservation that was cancelled meanwhile; an end may be missing."""

    reservation_id: UUID
    parking_lot_id: UUID
    entered_at: datetime | None
    exited_at: datetime | None


class UnsettledStays(Protocol):
    """Stays that the operator has to settle: they happened, and their reservations say nothing of them."""

    async def note_entry(self, reservation_id: UUID, parking_lot_id: UUID, at: datetime) -> None:
        """Keep an entry, the earliest of those that are reported."""
        ...

    async def note_exit(self, reservation_id: UUID, parking_lot_id: UUID, at: datetime) -> None:
        """Keep an exit, the latest of those that are reported."""
        ...

    async def has(self, reservation_id: UUID) -> bool:
        """Whether anything is kept of a reservation."""
        ...

    async def all(self, limit: int) -> Sequence[UnsettledStay]:
        """Those that are not settled, the oldest first."""
        ...

    async def close(self, reservation_id: UUID) -> bool:
        """The operator has settled it. False where there is none."""
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
