"""Signing keys in PostgreSQL: the private half only as sealed by the master key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import ECKey
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from auth_service.adapters.crypto.sealing import Sealer
from auth_service.adapters.postgres.tables import signing_keys
from auth_service.domain.signing_keys import KeyAge

ALGORITHM = "ES256"
CURVE = "P-256"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key with its private half."""

    age: KeyAge
    key: ECKey


class PostgresSigningKeys:
    """See `auth_service.application.ports.SigningKeys`."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer

    async def ages(self) -> Sequence[KeyAge]:
        """All keys that are kept."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(signing_keys.c.key_id, signing_keys.c.created_at))
            return [KeyAge(key_id, created_at) for key_id, created_at in found]

    async def create(self, at: datetime) -> KeyAge:
        """Make and keep a new key."""
        key = ECKey.generate_key(CURVE, auto_kid=True)
        age = KeyAge(str(key.kid), at)
        values = {
            "key_id": age.key_id,
            "algorithm": ALGORITHM,
            "sealed_private_key": self._sealer.seal(key.as_pem(private=True), age.key_id),
            "public_key": key.as_pem(private=False).decode(),
            "created_at": at,
        }
        async with self._engine.begin() as connection:
            await connection.execute(insert(signing_keys).values(values))
        return age

    async def drop(self, key_id: str) -> None:
        """Forget a key: what it signed does not count any more."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(signing_keys).where(signing_keys.c.key_id == key_id))

    async def published(self) -> Sequence[dict[str, str]]:
        """The public halves, as JWKs (RFC 7517)."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(signing_keys.c.key_id, signing_keys.c.public_key))
            return [_jwk(key_id, public_key) for key_id, public_key in found]

    async def private(self) -> Sequence[StoredKey]:
        """All keys with their private halves, opened."""
        async with self._engine.connect() as connection:
            found = await connection.execute(select(signing_keys))
            return [
                StoredKey(
                    KeyAge(row.key_id, row.created_at),
                    ECKey.import_key(self._sealer.open(row.sealed_private_key, row.key_id), {"kid": row.key_id}),
                )
                for row in found
            ]


def _jwk(key_id: str, public_key: str) -> dict[str, str]:
    members: Mapping[str, object] = ECKey.import_key(public_key).as_dict(private=False)
    return {
        **{name: str(value) for name, value in members.items()},
        "kid": key_id,
        "use": "sig",
        "alg": ALGORITHM,
    }
