"""The public keys that check access tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from auth_service.application.ports import PublishedKeys


@dataclass(frozen=True, slots=True)
class ListPublishedKeys:
    """All of them."""


@dataclass(frozen=True, slots=True)
class ListPublishedKeysHandler:
    """Reads the public halves."""

    keys: PublishedKeys

    async def __call__(self, _query: ListPublishedKeys) -> Sequence[dict[str, str]]:
        """As JWKs."""
        return await self.keys.published()
