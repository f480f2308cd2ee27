from datetime import datetime

from services.auth.tests.fakes.postgres.tables import Tables


class InMemorySignInPlaces:
    """See `auth_service.application.ports.SignInPlaces`."""

    def __init__(self, tables: Tables) -> None:
        self._places = tables.sign_in_places

    async def is_known(self, key: bytes, since: datetime) -> bool:
        last_at = self._places.get(key)
        return last_at is not None and last_at >= since

    async def note(self, key: bytes, at: datetime) -> None:
        self._places[key] = at

    async def purge(self, before: datetime, limit: int) -> int:
        old = [key for key, last_at in self._places.items() if last_at < before][:limit]
        for key in old:
            del self._places[key]
        return len(old)
