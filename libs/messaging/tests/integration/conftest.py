"""A relay or a consumer in a process of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

WORKER = Path(__file__).with_name("worker.py")


class Worker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def says(self, word: str) -> None:
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            while (line := await self._process.stdout.readline()).strip() != word.encode():
                assert line, "the worker ended"

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def ends(self, within: float = 20) -> int:
        async with asyncio.timeout(within):
            return await self._process.wait()


@pytest.fixture
def start_worker(database_url: str, kafka: Any, kafka_topic: Any) -> Callable[..., Any]:
    @asynccontextmanager
    async def start(role: str, **settings: object) -> AsyncIterator[Worker]:
        arguments = {
            "role": role, "hang": False, "database_url": database_url, "bootstrap_servers": kafka.bootstrap_servers,
            "topic": kafka_topic.topic.name, "event_type": kafka_topic.event_class.event_type,
            "group": kafka_topic.group, **settings,
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(WORKER), json.dumps(arguments), stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
        )
        worker = Worker(process)
        try:
            await worker.says("started")
            yield worker
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    return start
