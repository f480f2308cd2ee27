from collections.abc import Sequence
from datetime import datetime

from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.domain.signing_keys import KeyAge


class InMemorySigningKeys:
    """See `auth_service.application.ports.SigningKeys`. Its keys are names only."""

    def __init__(self, tables: Tables) -> None:
        self._keys = tables.signing_keys

    async def ages(self) -> Sequence[KeyAge]:
        return list(self._keys.values())

    async def create(self, at: datetime) -> KeyAge:
        age = KeyAge(f"key of {at.isoformat()}", at)
        self._keys[age.key_id] = age
        return age

    async def reseal(self, key_id: str) -> None:
        assert key_id in self._keys

    async def drop(self, key_id: str) -> None:
        del self._keys[key_id]
