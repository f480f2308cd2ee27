"""Rendering, and starting as any user."""

import asyncio
import os
import re
from pathlib import Path

import httpx
import pytest
from gateway.tests.stand.gateway import GATEWAY, Gateway, Starter
from gateway.tests.stand.tokens import Issuer, bearer

from parking_platform.programs import find_program
from parking_platform.servers.nginx import render


async def exit_code(*command: str) -> int:
    process = await asyncio.create_subprocess_exec(*command)
    return await process.wait()


async def test_rendering_leaves_nothing_open_and_nginx_accepts_it(gateway: Gateway, starter: Starter):
    rendered = list((gateway.directory / "conf").iterdir())

    assert len(rendered) == len(list((GATEWAY / "templates").iterdir()))
    assert not [path.name for path in rendered if "${" in path.read_text()]
    nginx = find_program("nginx", package="nginx")
    assert await exit_code(str(nginx), "-e", "stderr", "-c", str(gateway.configuration), "-t", "-q") == 0


async def test_image_renders_the_same(gateway: Gateway, starter: Starter):
    assert find_program("envsubst", package="gettext-base")
    again = starter.directory / "rendered-by-the-image"
    values = {**starter.values(gateway), "GATEWAY_RUN_DIR": str(again)}

    process = await asyncio.create_subprocess_exec(
        str(GATEWAY / "render.sh"), env={**values, "PATH": os.environ["PATH"]}
    )
    assert await process.wait() == 0

    for template in (GATEWAY / "templates").iterdir():
        rendered = render(template.read_text(), values, template.name)
        assert (again / "conf" / template.stem).read_text() == rendered


async def test_image_renders_nothing_without_a_setting(gateway: Gateway, starter: Starter):
    incomplete = {name: value for name, value in starter.values(gateway).items() if name != "RATE_SUBJECT"}
    environment = {**incomplete, "GATEWAY_RUN_DIR": str(starter.directory / "incomplete"), "PATH": os.environ["PATH"]}

    process = await asyncio.create_subprocess_exec(str(GATEWAY / "render.sh"), env=environment)

    assert await process.wait() != 0


async def test_every_variable_is_documented():
    used = {name for path in (GATEWAY / "templates").iterdir() for name in re.findall(r"\$\{(\w+)\}", path.read_text())}
    readme = (GATEWAY / "README.md").read_text()

    assert not [name for name in used if f"`{name}`" not in readme]


async def test_runs_as_an_ordinary_user(starter: Starter, issuer: Issuer):
    user = "nobody" if os.geteuid() == 0 else None
    async with starter.running("ordinary", user=user) as gateway, gateway.client() as client:
        body = b"x" * 3_000_000
        answer = await client.post("/api/v1/parking-lots/import", content=body, headers=bearer(issuer.token()))

        assert answer.json()["body_length"] == len(body)


async def test_comes_back_after_its_master_was_killed(starter: Starter):
    """Its socket and its workers outlive it, and would keep the next one from listening."""
    gateway = starter.prepared("killed")
    async with starter.process(gateway) as process:
        process.kill()
        await process.wait()
        assert gateway.socket.exists()

        async with starter.process(gateway), gateway.client() as client:
            assert (await client.get("/api/v1/roles")).status_code == 200


async def test_two_workers(starter: Starter, issuer: Issuer):
    async with starter.running("workers", GATEWAY_WORKERS="2") as gateway, gateway.client() as client:
        headers = bearer(issuer.token())
        answers = await asyncio.gather(*(client.get("/api/v1/roles", headers=headers) for _ in range(30)))

    assert {answer.status_code for answer in answers} == {200}


async def test_status_is_for_the_machine_alone(gateway: Gateway, client: httpx.AsyncClient):
    async with httpx.AsyncClient(transport=gateway.internal) as inside:
        assert "Active connections" in (await inside.get("http://gateway/status")).text

    assert (await client.get("/status")).status_code == 404


@pytest.mark.parametrize("name", ["package-lock.json", "package.json", ".npmrc"])
def test_no_registry_is_named(name: str):
    assert "://" not in (Path(GATEWAY) / name).read_text()
