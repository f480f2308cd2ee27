"""Signing keys in PostgreSQL: the private half only as sealed by the master key."""

from collections.abc import Sequence
from datetime import datetime

from joserfc.jwk import ECKey
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.adapters.postgres.tables import signing_keys
from auth_service.domain.signing_keys import KeyAge
from parking_chassis.sealing import Sealer

ALGORITHM = "ES256"
CURVE = "P-256"


class PostgresSigningKeys:
    """See `auth_service.application.ports.SigningKeys`."""

    def __init__(self, connection: AsyncConnection, sealer: Sealer) -> None:
        self._connection = connection
        self._sealer = sealer

    async def ages(self) -> Sequence[KeyAge]:
        """All keys that are stored; nobody else adds or drops one until the transaction ends."""
        # A lock of rows would not do: there may be none yet. Reading goes on under this one.
        await self._connection.execute(text("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE"))
        found = await self._connection.execute(select(signing_keys.c.key_id, signing_keys.c.created_at))
        return [KeyAge(key_id, created_at) for key_id, created_at in found]

    async def create(self, at: datetime) -> KeyAge:
        """Make and store a new key."""
        key = ECKey.generate_key(CURVE, auto_kid=True)
        age = KeyAge(str(key.kid), at)
        values = {
            "key_id": age.key_id,
            "algorithm": ALGORITHM,
            "sealed_private_key": self._sealer.seal(key.as_pem(private=True), age.key_id),
            "public_key": key.as_pem(private=False).decode(),
            "created_at": at,
        }
        await self._connection.execute(insert(signing_keys).values(values))
        return age

    async def reseal(self, key_id: str) -> None:
        """Seal a key with the newest master key. Raises `CannotOpen` where none of them has sealed it."""
        mine = signing_keys.c.key_id == key_id
        sealed = (await self._connection.execute(select(signing_keys.c.sealed_private_key).where(mine))).scalar_one()
        again = self._sealer.seal(self._sealer.open(sealed, key_id), key_id)
        await self._connection.execute(update(signing_keys).where(mine).values(sealed_private_key=again))

    async def drop(self, key_id: str) -> None:
        """Delete a key: what it signed does not count any more."""
        await self._connection.execute(delete(signing_keys).where(signing_keys.c.key_id == key_id))
