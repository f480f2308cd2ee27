"""Auth checks its own tokens with the keys of its own database."""

import time

from joserfc.jwk import KeySet

from auth_service.adapters.postgres.key_ring import PostgresKeyRing

FRESH_SECONDS = 30.0
RETRY_SECONDS = 1.0


class OwnKeys:
    """See `parking_chassis.access_tokens.SigningKeys`."""

    def __init__(self, keys: PostgresKeyRing) -> None:
        self._keys = keys
        self._known = KeySet([])
        self._read_at = float("-inf")

    async def current(self) -> KeySet:
        """The keys as known half a minute ago at most."""
        return await self._not_older_than(FRESH_SECONDS)

    async def refreshed(self) -> KeySet:
        """The keys as known a second ago at most."""
        return await self._not_older_than(RETRY_SECONDS)

    async def _not_older_than(self, seconds: float) -> KeySet:
        if time.monotonic() - self._read_at > seconds:
            published = await self._keys.published()
            self._known = KeySet.import_key_set({"keys": [dict(key) for key in published]})
            self._read_at = time.monotonic()
        return self._known
