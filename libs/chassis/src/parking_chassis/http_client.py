"""How the services ask others over HTTP."""

import ssl
from functools import cache
from typing import Final

import httpx
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.metrics import NoOpMeterProvider

_LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=20)


@cache
def authorities() -> ssl.SSLContext:
    """The certificate authorities that outgoing HTTP trusts. httpx reads them for each client, for 40 ms; we once."""
    return httpx.create_ssl_context()


def http_client(timeout: float | httpx.Timeout, limits: httpx.Limits = _LIMITS) -> httpx.AsyncClient:
    """A client for other services, whose calls are traced; each step of a request may take `timeout` seconds."""
    client = httpx.AsyncClient(timeout=timeout, limits=limits, verify=authorities())
    trace_calls(client)
    return client


def trace_calls(client: httpx.AsyncClient) -> None:
    """Make each request of a client a span, and have it carry `traceparent`.

    What a span has of the URL, and of the address, stays in this process (`parking_chassis.span_export`).
    """
    HTTPXClientInstrumentor.instrument_client(client, meter_provider=NoOpMeterProvider())
