"""Alternatives, worked out at most once a second for a lot and a window.

Many requests for the same hour of the same lot need the same answer; one of them asks the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from cachetools import TTLCache

from parking_chassis.metrics import CACHE_LOOKUPS
from reservation_service.application.ports import Alternative, SpotRequest

SECONDS = 1.0
MOST_WINDOWS = 1_000

Found = Sequence[Alternative]


class OncePerSecond:
    """See `reservation_service.application.ports.Alternatives`.

    However long the database takes, nobody asks the same again meanwhile; a failure is not stored.
    """

    def __init__(self, find: Callable[[SpotRequest], Awaitable[Found]]) -> None:
        self._find = find
        self._found = TTLCache[SpotRequest, Found](MOST_WINDOWS, SECONDS)
        self._finding: dict[SpotRequest, asyncio.Task[Found]] = {}

    async def find(self, request: SpotRequest) -> Found:
        """The nearest ways to park otherwise. All that ask at once wait for the same answer."""
        found = self._found.get(request)
        CACHE_LOOKUPS.count("alternatives", hit=found is not None or request in self._finding)
        if found is not None:
            return found
        if request not in self._finding:
            self._finding[request] = asyncio.create_task(self._work_out(request), name="alternatives")
        # One that stops waiting must not take the answer from the others.
        return await asyncio.shield(self._finding[request])

    async def _work_out(self, request: SpotRequest) -> Found:
        try:
            found = await self._find(request)
        finally:
            del self._finding[request]
        self._found[request] = found
        return found
