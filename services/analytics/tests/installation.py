"""Analytics' settings as a test installation has them, its tokens, and what a test sees of it from behind."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID, uuid4

from elasticsearch import AsyncElasticsearch
from joserfc import jwt
from joserfc.jwk import OctKey

from analytics_service.application.ports import Projection
from analytics_service.settings import AnalyticsSettings

SECRET = "a shared secret for tests, long enough for HS256"
ISSUER = "https://parking.test"

type Publish = Callable[..., Awaitable[None]]
"""Puts events on Kafka as the relays of their services do."""

type Consuming = Callable[[], AbstractAsyncContextManager[None]]
"""Runs the service's consumers while a block lasts."""


def settings_for(database_url: str, **changes: object) -> AnalyticsSettings:
    """Settings for a database, with changes by name."""
    return AnalyticsSettings.model_validate(
        {
            "environment": "test",
            "database_url": database_url,
            "pool_size": 10,
            "token_issuer": ISSUER,
            "token_algorithms": ("HS256",),
            "token_shared_secret": SECRET,
            **changes,
        }
    )


def signed_in(scope: str = "read:parking read:analytics", organizations: tuple[UUID, ...] = ()) -> dict[str, str]:
    """The header of a signed-in user."""
    claims = {
        "iss": ISSUER,
        "aud": "parking",
        "sub": str(uuid4()),
        "client_id": "test",
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
        "scope": scope,
        "organizations": [str(each) for each in organizations],
    }
    token = jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
    return {"Authorization": f"Bearer {token}"}


class Kept:
    """What the index behind a projection's alias really holds."""

    def __init__(self, elasticsearch: AsyncElasticsearch, prefix: str) -> None:
        self.elasticsearch = elasticsearch
        self.prefix = prefix

    async def of(self, projection: Projection) -> dict[str, tuple[int, dict[str, object]]]:
        """Version and body of each document, by its id."""
        alias = f"{self.prefix}{projection}"
        await self.elasticsearch.indices.refresh(index=alias)
        found = await self.elasticsearch.search(index=alias, size=10_000, version=True)
        return {hit["_id"]: (hit["_version"], hit["_source"]) for hit in found["hits"]["hits"]}

    async def count(self, projection: Projection) -> int:
        """How many documents a question finds."""
        alias = f"{self.prefix}{projection}"
        await self.elasticsearch.indices.refresh(index=alias)
        return (await self.elasticsearch.count(index=alias))["count"]

    async def index(self, projection: Projection) -> str:
        """The index that the alias leads to."""
        (index,) = (await self.elasticsearch.indices.get_alias(name=f"{self.prefix}{projection}")).body
        return index
