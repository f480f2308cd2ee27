from collections import Counter

from auth_service.domain.errors import TooBusy


class FakePasswords:
    """See `auth_service.application.ports.PasswordHasher`. `work` counts what bcrypt would have had to do."""

    def __init__(self) -> None:
        self.work = Counter[str]()
        self.is_busy = False

    async def hash(self, password: str) -> str:
        self._do("hash")
        return f"hash of {password}"

    async def matches(self, password: str, password_hash: str | None) -> bool:
        self._do("check")
        return password_hash == f"hash of {password}"

    def _do(self, what: str) -> None:
        if self.is_busy:
            raise TooBusy
        self.work[what] += 1
