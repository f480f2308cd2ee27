"""`make chaos`: rows of the table of promises, each on a platform of its own."""

import argparse
import asyncio
import json
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.catalogue import ROWS, Row
from tests.chaos.verdict import Verdict
from tests.chaos.world import world_of

from parking_platform.testing.machine import this_machine
from parking_platform.testing.platform import running_platform
from parking_platform.testing.scratch import scratch_directory

HERE = Path(__file__).parent
KEPT = HERE.parents[1] / ".run" / "chaos"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _run(row: Row, seed: int, *, short: bool) -> Verdict:
    """One row on a fresh platform; its history and the logs stay below `.run/chaos`."""
    verdict = Verdict(row.name, row.promise, seed)
    kept = KEPT / f"{row.name}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
    kept.mkdir(parents=True)
    _say(f"{row.name}: {row.promise}\n  {kept / 'history.jsonl'}")
    began = time.monotonic()
    with scratch_directory() as scratch:
        logs = scratch / "platform" / "run" / "logs"
        try:
            async with (
                running_platform(scratch / "platform", profile=row.profile, as_in_production=True) as running,
                world_of(running, seed, kept / "history.jsonl") as world,
            ):
                await row.run(world, verdict, short)
        finally:
            shutil.copytree(logs, kept / "logs")
    context = {
        "finished_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "seconds": round(time.monotonic() - began),
        "scale": "short" if short else "full",
        "machine": this_machine(),
    }
    written = verdict.write(kept if short else HERE / "results", context)
    for line in verdict.lines():
        _say(line)
    _say(f"  {written}")
    return verdict


def main() -> int:
    """Run what was asked for; 1 where a promise does not hold."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--row", choices=list(ROWS), action="append", help="only this one; can be given again")
    parser.add_argument("--seed", type=int, default=1, help="makes the choices of the load")
    parser.add_argument("--short", action="store_true", help="the sizes of `make test`; nothing is kept as a result")
    arguments = parser.parse_args()
    verdicts = [
        asyncio.run(_run(ROWS[name], arguments.seed, short=arguments.short)) for name in arguments.row or list(ROWS)
    ]
    _say(json.dumps({verdict.row: verdict.holds for verdict in verdicts}))
    return 0 if all(verdict.holds for verdict in verdicts) else 1


sys.exit(main())
