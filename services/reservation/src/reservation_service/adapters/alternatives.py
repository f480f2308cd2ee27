"""Alternatives, worked out at most once a second for a lot and a window.

A crowd that wants the same hour of the same lot asks the same question; one of them asks the database.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from cachetools import TTLCache

from reservation_service.application.ports import Alternative, Wish

SECONDS = 1.0
MOST_WINDOWS = 1_000

Finding = asyncio.Future[Sequence[Alternative]]


class OncePerSecond:
    """See `reservation_service.application.ports.Alternatives`."""

    def __init__(self, find: Callable[[Wish], Awaitable[Sequence[Alternative]]]) -> None:
        self._find = find
        self._findings = TTLCache[Wish, Finding](MOST_WINDOWS, SECONDS)

    async def find(self, wish: Wish) -> Sequence[Alternative]:
        """The nearest ways to park otherwise. All that ask at once wait for the same answer."""
        finding = self._findings.get(wish)
        if finding is None:
            finding = asyncio.ensure_future(self._find(wish))
            self._findings[wish] = finding
        try:
            return await asyncio.shield(finding)
        except Exception:
            self._findings.pop(wish, None)
            raise
