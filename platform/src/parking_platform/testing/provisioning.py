"""Where a test's server comes from: an address in the environment, this machine's programs, or a container."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import cast

from parking_platform.programs import ProgramMissing
from parking_platform.servers.server import Server, start_child

ENGINE_SECONDS = 10


class NoServer(Exception):
    """There is no way to get the server here; the message lists the ways there could be."""


def docker_engine_answers() -> bool:
    """Whether an engine answers. A `docker` command without one says nothing, nor does /.dockerenv."""
    if not shutil.which("docker"):
        return False
    try:
        asked = subprocess.run(("docker", "info"), capture_output=True, timeout=ENGINE_SECONDS, check=False)  # noqa: S607
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0


@asynccontextmanager
async def provide[S: Server](
    *, variable: str, native: Callable[[], S], address: Callable[[S], str], container: str, logs: Path
) -> AsyncIterator[str]:
    """The address of a server: from `variable`, else started here, else in a container; else NoServer."""
    if given := os.environ.get(variable):
        yield given
        return
    server = native()
    try:
        child = await start_child(server, logs)
    except ProgramMissing as missing:
        if not docker_engine_answers():
            advice = f"{missing}. Or set {variable} to a running server, or start a Docker engine."
            raise NoServer(advice) from missing
        with _container(container) as container_address:
            yield container_address
        return
    try:
        yield address(server)
    finally:
        await child.stop()


def _container(name: str) -> AbstractContextManager[str]:
    # Imported late: testcontainers takes long to import, and most machines never need it.
    containers = import_module("parking_platform.testing.containers")
    return cast("AbstractContextManager[str]", getattr(containers, name)())
