"""Find lots."""

from collections.abc import Sequence
from dataclasses import dataclass

from parking_service.application.ports import LotFilter, LotView, LotViews


@dataclass(frozen=True, slots=True)
class SearchLots:
    """What is asked for."""

    wanted: LotFilter


@dataclass(frozen=True, slots=True)
class SearchLotsHandler:
    """Reads one page."""

    views: LotViews

    async def __call__(self, query: SearchLots) -> Sequence[LotView]:
        """At most `limit` lots, in the order asked for."""
        return await self.views.search(query.wanted)
