"""The rows that come first, in short. `make chaos` runs them in full."""

from pathlib import Path

import pytest
from tests.chaos.catalogue import ROWS
from tests.chaos.verdict import Verdict
from tests.chaos.world import world_of

from parking_platform.testing.platform import RunningPlatform

SEED = 1


@pytest.mark.parametrize("name", ["C0", "C1", "C3", "C4", "C25", "C27"])
async def test_the_promise_is_kept(platform: RunningPlatform, tmp_path: Path, name: str) -> None:
    row = ROWS[name]
    verdict = Verdict(row.name, row.promise, SEED)
    async with world_of(platform, SEED, tmp_path / "history.jsonl") as world:
        await row.run(world, verdict, True)
    assert verdict.holds, "\n".join(verdict.lines())
