from datetime import datetime

from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.domain.attempts import STORED_FOR, Attempts


class InMemoryAttempts:
    """See `auth_service.application.ports.CountedAttempts`."""

    def __init__(self, tables: Tables) -> None:
        self._attempts = tables.counted_attempts

    async def find(self, key: bytes) -> Attempts | None:
        return self._attempts.get(key)

    async def open(self, key: bytes, at: datetime) -> Attempts:
        return self._attempts.setdefault(key, Attempts.none(at))

    async def store(self, key: bytes, attempts: Attempts) -> None:
        if key in self._attempts:
            self._attempts[key] = attempts

    async def clear(self, key: bytes) -> None:
        self._attempts.pop(key, None)

    async def purge(self, at: datetime, limit: int) -> int:
        old = [key for key, each in self._attempts.items() if each.last_at < at - STORED_FOR][:limit]
        for key in old:
            del self._attempts[key]
        return len(old)
