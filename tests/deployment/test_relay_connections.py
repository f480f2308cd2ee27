"""The setting that leads each service's relay past a pooler."""

import asyncio
import importlib
import os
from collections.abc import Mapping
from unittest.mock import patch

import pytest
from tests.deployment.setting_rules import settings_class

from parking_chassis.settings import ServiceSettings
from parking_messaging import Relay
from parking_platform.ports import LOOPBACK

SECONDS = 10


def relay_of(service: str, settings: ServiceSettings) -> Relay:
    """The one that its worker runs."""
    wiring = importlib.import_module(f"{service}_service.bootstrap")
    consumers = importlib.import_module(f"{service}_service.entrypoints.consumers")
    return consumers.messaging(wiring.bootstrap(settings)).relay


@pytest.mark.parametrize("service", ["auth", "parking", "reservation", "payment", "notification", "analytics"])
async def test_the_relay_connects_where_its_own_setting_says(
    service: str, values: Mapping[str, Mapping[str, str]]
) -> None:
    came = asyncio.Event()

    async def enter(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.set()
        writer.close()

    async with await asyncio.start_server(enter, LOOPBACK, 0) as database:
        port = database.sockets[0].getsockname()[1]
        own = {f"{service.upper()}_DATABASE_RELAY_URL": f"postgresql://relay@{LOOPBACK}:{port}/outbox"}
        with patch.dict(os.environ, {**values[service], **own}, clear=True):
            settings = settings_class(service).model_validate({})
        relay, stop = relay_of(service, settings), asyncio.Event()
        running = asyncio.create_task(relay.run(stop))
        try:
            async with asyncio.timeout(SECONDS):
                await came.wait()
        finally:
            stop.set()
            await running


def test_without_it_the_relay_goes_where_the_service_goes(values: Mapping[str, Mapping[str, str]]) -> None:
    with patch.dict(os.environ, values["payment"], clear=True):
        settings = settings_class("payment").model_validate({})
    assert settings.relay_url == str(settings.database_url)
