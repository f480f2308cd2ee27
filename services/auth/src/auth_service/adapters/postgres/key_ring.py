"""The signing keys as they are used: the one that signs, and the public halves of all."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from joserfc.jwk import ECKey
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth_service.adapters.postgres.signing_keys import ALGORITHM
from auth_service.adapters.postgres.tables import signing_keys
from auth_service.domain.signing_keys import KeyAge, signing_key
from parking_chassis.sealing import Sealer


class PostgresKeyRing:
    """What signs access tokens, and what checks them, outside of any unit of work."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer

    async def published(self) -> Sequence[dict[str, str]]:
        """As JWKs (RFC 7517)."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(signing_keys.c.key_id, signing_keys.c.public_key))
            return [_jwk(key_id, public_key) for key_id, public_key in found]

    async def signing(self, at: datetime) -> ECKey | None:
        """The key that signs at this time, opened; none when there is none. Raises `CannotOpen`."""
        async with self._engine.connect() as connection:
            rows = {row.key_id: row for row in await connection.execute(select(signing_keys))}
        chosen = signing_key([KeyAge(row.key_id, row.created_at) for row in rows.values()], at)
        if chosen is None:
            return None
        private_key = self._sealer.open(rows[chosen.key_id].sealed_private_key, chosen.key_id)
        return ECKey.import_key(private_key, {"kid": chosen.key_id})


def _jwk(key_id: str, public_key: str) -> dict[str, str]:
    members: Mapping[str, object] = ECKey.import_key(public_key).as_dict(private=False)
    return {
        **{name: str(value) for name, value in members.items()},
        "kid": key_id,
        "use": "sig",
        "alg": ALGORITHM,
    }
