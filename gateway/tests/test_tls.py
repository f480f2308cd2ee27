"""TLS 1.3 and nothing older; HTTP/2 where the client can."""

import asyncio
import ssl

import pytest
import trustme
from gateway.tests.stand.gateway import Gateway, Starter


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_older_tls_is_refused(gateway: Gateway, starter: Starter):
    context = trusting(starter.authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        await asyncio.open_connection("localhost", gateway.port, ssl=context)


async def test_tls_1_3_with_http_2(gateway: Gateway, starter: Starter):
    context = trusting(starter.authority)
    context.set_alpn_protocols(["h2", "http/1.1"])

    _, writer = await asyncio.open_connection("localhost", gateway.port, ssl=context)

    connection = writer.get_extra_info("ssl_object")
    assert connection.version() == "TLSv1.3"
    assert connection.selected_alpn_protocol() == "h2"
    writer.transport.abort()  # nginx has begun to speak HTTP/2, and nobody here listens
