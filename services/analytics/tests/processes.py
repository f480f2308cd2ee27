"""The service as its processes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from analytics_service.settings import AnalyticsSettings
from parking_platform.processes import inherited_environment
from parking_platform.servers.service import program


def environment_of(settings: AnalyticsSettings) -> dict[str, str]:
    """The settings as a process finds them."""
    secret = settings.token_shared_secret
    assert isinstance(secret, SecretStr)
    return inherited_environment() | {
        "ANALYTICS_ENVIRONMENT": "test",
        "ANALYTICS_DATABASE_URL": str(settings.database_url),
        "ANALYTICS_POOL_SIZE": "5",
        "ANALYTICS_HTTP_PORT": str(settings.http_port),
        "ANALYTICS_WORKER_PORT": str(settings.worker_port),
        "ANALYTICS_INDEX_PREFIX": settings.index_prefix,
        "ANALYTICS_ELASTICSEARCH_URL": settings.elasticsearch_url,
        "ANALYTICS_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "ANALYTICS_TOKEN_ISSUER": settings.token_issuer,
        "ANALYTICS_TOKEN_ALGORITHMS": '["HS256"]',
        "ANALYTICS_TOKEN_SHARED_SECRET": secret.get_secret_value(),
    }


@asynccontextmanager
async def command(settings: AnalyticsSettings, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """One of the service's commands; killed at the end of the block if it still runs."""
    process = await asyncio.create_subprocess_exec(
        program("analytics"),
        *arguments,
        env=environment_of(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
