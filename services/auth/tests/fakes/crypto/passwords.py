from collections import Counter
from collections.abc import Sequence

from auth_service.domain.errors import TooBusy


class FakePasswords:
    """See `auth_service.application.ports.PasswordHasher`. `work` counts what bcrypt would have had to do."""

    def __init__(self) -> None:
        self.work = Counter[str]()
        self.is_busy = False

    async def hash(self, password: str, like: str | None = None) -> str:
        self._do("hash")
        return f"hash of {password}"

    async def match(self, password: str, hashes: Sequence[str]) -> str | None:
        self._do("check")
        wanted = f"hash of {password}"
        return wanted if wanted in hashes else None

    def _do(self, what: str) -> None:
        if self.is_busy:
            raise TooBusy
        self.work[what] += 1
