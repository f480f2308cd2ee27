"""How the services ask others over HTTP."""

import ssl
from functools import cache

import httpx


@cache
def authorities() -> ssl.SSLContext:
    """The certificate authorities that outgoing HTTP trusts. httpx reads them for each client, for 40 ms; we once."""
    return httpx.create_ssl_context()


def http_client(seconds: float) -> httpx.AsyncClient:
    """A client for other services; each step of a request may take so long."""
    return httpx.AsyncClient(timeout=seconds, verify=authorities())
