"""An Elasticsearch that speaks TLS, with an authority of its own as clusters on Kubernetes have."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
import pytest_asyncio
import trustme

from analytics_service.adapters.elasticsearch.client import asked, connect
from analytics_service.application.ports import StoreAway
from parking_platform.ports import LOOPBACK
from parking_platform.testing.servers import ElasticsearchServer


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest_asyncio.fixture
async def secured(elasticsearch_server: ElasticsearchServer, authority: trustme.CA) -> AsyncIterator[str]:
    """The URL of a door with TLS before the server."""
    behind = httpx.URL(elasticsearch_server.url)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(LOOPBACK).configure_cert(context)

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):  # one side has gone: then so does the other
            while some := await reader.read(65_536):
                writer.write(some)
                await writer.drain()
        writer.close()

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_connection(behind.host, behind.port)
        await asyncio.gather(pass_on(reader, questions), pass_on(answers, writer))

    async with await asyncio.start_server(enter, LOOPBACK, 0, ssl=context) as door:
        yield f"https://{LOOPBACK}:{door.sockets[0].getsockname()[1]}"


async def test_a_client_that_knows_the_authority_gets_in(secured: str, authority: trustme.CA) -> None:
    async with connect(secured, timeout=10, ca_certificates=authority.cert_pem.bytes().decode()) as client:
        assert (await asked(client.cluster.health()))["number_of_nodes"] == 1


@pytest.mark.parametrize("trusted", [None, trustme.CA().cert_pem.bytes().decode()], ids=["none", "another"])
async def test_without_it_nothing_is_asked(secured: str, trusted: str | None) -> None:
    async with connect(secured, timeout=10, ca_certificates=trusted) as client:
        with pytest.raises(StoreAway, match="certificate verify failed"):
            await asked(client.cluster.health())
