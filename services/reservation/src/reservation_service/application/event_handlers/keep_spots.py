"""Parking published spots."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.spot_types import as_good_as
from reservation_service.application.event_handlers.begin_supply_changes import begin_supply_changes
from reservation_service.application.ports import SpotCopy, Work
from reservation_service.domain.supply import TakenAway


@dataclass(frozen=True, slots=True)
class PublishedSpot:
    """A spot as it now is, and the change by which it may have gone."""

    spot: SpotCopy
    change: TakenAway


@dataclass(frozen=True, slots=True)
class KeepSpots:
    """The spots as they now are: a lot comes with hundreds at once, and one may come twice."""

    spots: Sequence[PublishedSpot]


async def keep_spots(work: Work, event: KeepSpots) -> None:
    """Store each, unless a newer version is here already; where one is gone, its bookings are to be settled."""
    known = dict(await work.copies.spots({each.spot.id for each in event.spots}))
    taken: list[TakenAway] = []
    last_taken_by: dict[UUID, UUID] = {}
    for each in event.spots:
        before = known.get(each.spot.id)
        if before and before.version >= each.spot.version:
            continue
        known[each.spot.id] = each.spot
        if each.change.is_named or (before and _has_less(before, each.spot)):
            taken.append(each.change)
            last_taken_by[each.spot.id] = each.change.id
    await work.copies.keep_spots([each.spot for each in event.spots])
    await _note(work, last_taken_by)
    if taken:
        await begin_supply_changes(work, taken)


def _has_less(before: SpotCopy, now: SpotCopy) -> bool:
    return before.in_service and not (now.in_service and now.type in as_good_as(before.type))


async def _note(work: Work, taken_by: dict[UUID, UUID]) -> None:
    gone = defaultdict[UUID, list[UUID]](list)
    for spot_id, change_id in taken_by.items():
        gone[change_id].append(spot_id)
    for change_id, spot_ids in gone.items():
        await work.copies.note_spot_change(spot_ids, change_id)
