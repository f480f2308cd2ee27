"""Passwords with bcrypt, off the event loop, with a bounded queue.

At cost 12 one check takes a quarter of a second of a core. Without a bound, a burst of sign-ins would keep everyone
waiting; beyond the bound the answer is 429.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import bcrypt

from auth_service.domain.errors import TooBusy
from auth_service.domain.passwords import MAX_BYTES


class BcryptPasswords:
    """See `auth_service.application.ports.PasswordHasher`. `max_waiting` bounds checks under way and waiting."""

    def __init__(self, cost: int, max_waiting: int) -> None:
        self._cost = cost
        self._max_waiting = max_waiting
        self._waiting = 0
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="bcrypt")
        # Checked against when there is no such user, so that both cases take as long.
        self._nobody = bcrypt.hashpw(os.urandom(16), bcrypt.gensalt(cost))

    async def hash(self, password: str) -> str:
        """A new salted hash."""
        hashed = await self._in_thread(lambda: bcrypt.hashpw(password.encode(), bcrypt.gensalt(self._cost)))
        return hashed.decode()

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether the password belongs to the hash. Without a hash it takes as long, and is false."""
        expected = password_hash.encode() if password_hash else self._nobody
        given = password.encode()
        if len(given) > MAX_BYTES or b"\0" in given:  # no such password can have been set, and bcrypt refuses it
            given, password_hash = b"", None
        same = await self._in_thread(lambda: bcrypt.checkpw(given, expected))
        return same and password_hash is not None

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _in_thread[Result](self, work: Callable[[], Result]) -> Result:
        if self._waiting >= self._max_waiting:
            raise TooBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1
