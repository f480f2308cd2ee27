"""The calls of README and guide work as they stand: all in their order, in one shell, on a running platform."""

import asyncio
import json
import re
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from parking_platform.programs import CHECKOUT
from parking_platform.testing.platform import RunningPlatform

BLOCKS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 120


@pytest.fixture
def checkout(platform: RunningPlatform, tmp_path: Path) -> Path:
    """A checkout on which `make up` has been."""
    (tmp_path / ".run").symlink_to(platform.parts.layout.run)
    (tmp_path / ".venv").symlink_to(CHECKOUT / ".venv")
    return tmp_path


def calls_of(document: str) -> str:
    return "".join(BLOCKS.findall((CHECKOUT / document).read_text(encoding="utf-8")))


async def test_the_calls_of_the_readme_book_a_spot_and_open_the_gate(checkout: Path) -> None:
    status, printed = await played(calls_of("README.md"), checkout)
    assert status == 0, printed
    lines = printed.splitlines()
    for answer in ("succeeded", "confirmed"):
        assert answer in lines, printed
    assert printed.count('"decision": "open"') == 2, "in and out"
    assert lines[-1] == "completed"


async def test_the_calls_of_the_guide_make_an_operators_day(checkout: Path) -> None:
    status, printed = await played(calls_of("docs/an-operators-day.md"), checkout)
    assert status == 0, printed
    lines = printed.splitlines()
    assert "cancelled" in lines, printed
    assert json.loads(next(line for line in lines if '"payments":2' in line))["total"]["refunds"] > 0, printed
    assert lines[-1].startswith("{"), printed


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("/auth/verify-email", "/auth/verify"),
        ("/quotes", "/quote"),
        ('"charge_token"', '"charge"'),
        ("/confirm", "/finish"),
    ],
)
async def test_a_call_that_is_wrong_is_found(checkout: Path, right: str, wrong: str) -> None:
    """The control: whatever step does not go as it stands ends the story."""
    story = calls_of("README.md")
    assert story.count(right) == 1
    status, printed = await played(story.replace(right, wrong), checkout)
    assert status != 0, printed
    assert "completed" not in printed.splitlines()


async def played(story: str, folder: Path) -> tuple[int | None, str]:
    """How it ended and what it printed."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", story, cwd=folder, stdout=PIPE, stderr=STDOUT
    )
    try:
        printed, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    return process.returncode, printed.decode()
