"""What the `bootstrap` of every service wires alike."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from prometheus_client.registry import REGISTRY
from pydantic import PostgresDsn
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.access_tokens import AccessTokenVerifier, Revocations, SharedSecret, SigningKeys
from parking_chassis.database import create_engine
from parking_chassis.metrics import watch_pool
from parking_chassis.settings import ServiceSettings
from parking_chassis.telemetry import trace_engine


def service_engine(settings: ServiceSettings, service: str, url: PostgresDsn | None = None) -> AsyncEngine:
    """The pool of the service's database, or of the one at `url`. Nothing connects yet.

    Its statements are spans where spans go anywhere: each costs as much as a small statement itself.
    """
    engine = create_engine(str(url or settings.database_url), service, settings.pool)
    if settings.otlp_endpoint:
        trace_engine(engine)
    return engine


def token_verifier(
    settings: ServiceSettings, keys: SigningKeys, revocations: Revocations | None = None
) -> AccessTokenVerifier:
    """Checks tokens with the issuer's `keys`, or with the shared secret of an installation that has one."""
    secret = settings.token_shared_secret
    return AccessTokenVerifier(
        SharedSecret(secret.get_secret_value()) if secret else keys,
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        algorithms=settings.token_algorithms,
        revocations=revocations,
    )


@asynccontextmanager
async def open_resources(
    engine: AsyncEngine, *closers: Callable[[], Awaitable[object]], **pools: Callable[[], tuple[int, int]]
) -> AsyncGenerator[None]:
    """What is open while a process runs: its pool and other `pools` are watched (see `watch_pool`).

    At the end all `closers` are called, then the engine's pool goes.
    """
    collector = watch_pool(engine, **pools)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)
        for close in closers:
            await close()
        await engine.dispose()
