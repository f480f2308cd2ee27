"""What a row of a file takes away of a lot that is known."""

from collections.abc import Sequence
from datetime import datetime

from parking_service.application.ports import Work
from parking_service.domain.imports import LotDraft, has_fewer, lost_by
from parking_service.domain.lots import Lot
from parking_service.domain.spots import Spot
from parking_service.domain.supply import SupplyLoss


async def lost_to_file(
    work: Work, draft: LotDraft, lot: Lot, spots: Sequence[Spot], at: datetime
) -> tuple[list[Spot], SupplyLoss | None]:
    """See `lost_by`. Most files have as many spots as before: which of them are booked is asked where some go."""
    bookings = await work.bookings.needing_supply(lot.state.id, at) if has_fewer(draft, spots) else ()
    return lost_by(draft, lot, spots, bookings, at)
