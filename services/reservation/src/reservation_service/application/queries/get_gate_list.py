"""What a lot's gates need while they have no network."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock
from reservation_service.application.ports import OpenWork, SignedList, Tokens
from reservation_service.domain.errors import UnknownLot
from reservation_service.domain.gate_lists import GateList, window

_MOST = 20_000


@dataclass(frozen=True, slots=True)
class GetGateList:
    """A gate asks for the list of its lot."""

    asker: Asker
    parking_lot_id: UUID


@dataclass(frozen=True, slots=True)
class GetGateListHandler:
    """Lists who is in, and who may come within a day, and signs it.

    At most `most` of either, by two statements however many there are: where more would come the list ends earlier,
    and says so.
    """

    open_work: OpenWork
    tokens: Tokens
    clock: Clock
    opens_before: timedelta
    most: int = _MOST

    async def __call__(self, query: GetGateList) -> SignedList:
        """The signed list. Raises `UnknownLot` for another's lot."""
        now = self.clock.now()
        async with self.open_work(query.asker) as work:
            lot = await work.lots.get(query.parking_lot_id)
            if not query.asker.operates(lot.organization_id):
                raise UnknownLot(query.parking_lot_id)
            covered = window(now, self.opens_before)
            stays = await work.gate_lists.stays(lot.id, self.most)
            coming, until = await work.gate_lists.coming(lot.id, covered, self.most)
        listed = (*stays, *coming)
        decided_until = until - self.opens_before
        return self.tokens.gate_list(GateList(lot.id, now, covered.starts_at, decided_until, self.opens_before, listed))
