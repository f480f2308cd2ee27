"""`make bench`: how fast we are beside what the same machine could do at best, each row on a platform of its own."""

import argparse
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import asyncpg
import uvloop
from benchmarks import results
from benchmarks.catalogue import ROWS
from benchmarks.figures import Line
from benchmarks.rotation import NotMeasured, WrongAnswer
from benchmarks.table import table
from benchmarks.trial import Findings, Row, Scale, Trial

from parking_demo.people import UnexpectedAnswer
from parking_platform.failures import PlatformFailure
from parking_platform.testing.platform import running_platform
from parking_platform.testing.scratch import scratch_directory
from parking_platform.testing.waiting import TimedOut

HERE = Path(__file__).parent
PASSING = HERE.parent / ".run" / "benchmarks"

FAILURES = (
    *(WrongAnswer, NotMeasured, UnexpectedAnswer, TimedOut, PlatformFailure, ExceptionGroup),
    *(aiohttp.ClientError, asyncpg.PostgresError, OSError),
)
"""A row that ends so has no figures; the others may have theirs."""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _run(row: Row, scale: Scale) -> Findings:
    with scratch_directory() as scratch:
        async with running_platform(
            scratch / "platform", with_services=row.with_services, as_in_production=True
        ) as platform:
            return await row.run(Trial(platform, scratch, scale))


def _measured(row: Row, scale: Scale) -> Findings | None:
    _say(f"{datetime.now(UTC):%H:%M:%S} {row.name}: {row.what}")
    try:
        findings = uvloop.run(_run(row, scale))
    except FAILURES:
        _say(f"{row.name} was NOT MEASURED\n{traceback.format_exc()}")
        return None
    _say(f"  {results.write(PASSING if scale is Scale.SHORT else HERE / 'results', row, scale, findings)}")
    return findings


def main() -> int:
    """Measure what was asked for; 1 where something answered wrongly or could not be measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--row", choices=list(ROWS), action="append", help="only this one; can be given again")
    parser.add_argument("--full", dest="scale", action="store_const", const=Scale.FULL, help="longer, larger, oftener")
    parser.add_argument("--short", dest="scale", action="store_const", const=Scale.SHORT, help="only to see it work")
    arguments = parser.parse_args()
    scale: Scale = arguments.scale or Scale.USUAL
    found = list[tuple[str, Line]]()
    failed = list[str]()
    for name in arguments.row or list(ROWS):
        findings = _measured(ROWS[name], scale)
        if findings is None:
            failed.append(name)
        else:
            found += [(name, line) for line in findings.lines]
    for line in table(found):
        _say(line)
    if failed:
        _say(f"not measured: {', '.join(failed)}")
    return 1 if failed else 0


sys.exit(main())
