"""Asking Elasticsearch, and what keeps it from answering."""

import ssl
from collections.abc import Awaitable
from typing import Any

from elastic_transport import TransportError
from elastic_transport.client_utils import DEFAULT
from elasticsearch import ApiError, AsyncElasticsearch

from analytics_service.application.ports import StoreAway

# Refused credentials and a missing index are for an operator to mend, and then the same call succeeds.
MENDABLE = frozenset({401, 403, 404, 408, 429})
SERVER_ERROR = 500


def connect(
    url: str, *, timeout: float, api_key: str | None = None, ca_certificates: str | None = None
) -> AsyncElasticsearch:
    """A client; nothing connects yet. `timeout` is in seconds, for each request; one that timed out is not repeated.

    `ca_certificates` (PEM) stand in place of the authorities that are known, for a URL with https.
    """
    trusting = ssl.create_default_context(cadata=ca_certificates) if ca_certificates else DEFAULT
    return AsyncElasticsearch(url, api_key=api_key, request_timeout=timeout, ssl_context=trusting)


async def asked(call: Awaitable[Any]) -> Any:
    """What Elasticsearch says.

    Raises `StoreAway` for what time or an operator mends. What is left is a fault of ours, and raised as it is.
    """
    try:
        return await call
    except TransportError as error:
        raise StoreAway(f"elasticsearch does not answer: {error.message}") from error
    except ApiError as error:
        if is_mendable(error.status_code):
            raise StoreAway(f"elasticsearch answers {error.status_code}: {error.error}") from error
        raise


def is_mendable(status: int) -> bool:
    """Whether the same call may succeed later."""
    return status in MENDABLE or status >= SERVER_ERROR
