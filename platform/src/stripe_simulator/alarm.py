"""Waiting until there is something to do, without looking every so often."""

import asyncio


class Alarm:
    """Wakes a loop when something new came, or when the time it asked for is over."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake the loop."""
        self._event.set()

    async def wait(self, seconds: float | None) -> None:
        """Sleep until the alarm rings, or for so many seconds; None waits for the alarm alone."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
        finally:
            self._event.clear()
