"""Passwords with bcrypt, off the event loop, with a bounded queue.

At cost 12 one check takes a quarter of a second of a core. Without a bound, a burst of sign-ins would keep everyone
waiting; beyond the bound the answer is 429.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hmac import compare_digest

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

    async def hash(self, password: str, like: str | None = None) -> str:
        """A new hash with a salt of its own, or with that of another hash."""
        salt = like.encode() if like else bcrypt.gensalt(self._cost)
        return (await self._in_thread(lambda: bcrypt.hashpw(password.encode(), salt))).decode()

    async def match(self, password: str, hashes: Sequence[str]) -> str | None:
        """The first hash that the password belongs to, among those with the salt of the first of all."""
        salt = hashes[0].encode() if hashes else self._nobody
        given = password.encode()
        if len(given) > MAX_BYTES or b"\0" in given:  # no such password can have been set, and bcrypt refuses it
            given, hashes = b"", ()
        computed = await self._in_thread(lambda: bcrypt.hashpw(given, salt))
        return next((each for each in hashes if compare_digest(each.encode(), computed)), None)

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
