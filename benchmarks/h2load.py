"""A client that costs hardly anything, for answers that come faster than one in Python can ask.

`h2load` of nghttp2, with HTTP/1.1 and compressed answers as the other client has them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import figures
from benchmarks.rotation import Measured, WrongAnswer
from httpx import codes

from parking_platform.programs import find_program

MICROSECONDS = 1e6


@dataclass(frozen=True)
class Answers:
    """What its log says: the statuses, how long each took in seconds, and how long all of them."""

    statuses: Sequence[int]
    latencies: Sequence[float]
    seconds: float


async def asked_by_h2load(address: str, times: int, in_flight: int, scratch: Path) -> Measured:
    """Get an address so many times, by so many connections. Raises `WrongAnswer` for any answer but 200."""
    log = scratch / "h2load.log"
    log.unlink(missing_ok=True)
    program = find_program("h2load", package="nghttp2-client")
    options = ("--h1", f"--requests={times}", f"--clients={min(in_flight, times)}", f"--log-file={log}")
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        "--header=accept-encoding: gzip, deflate",
        address,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise WrongAnswer(f"h2load ended with {process.returncode}: {said.decode(errors='replace')}")
    answers = answers_of(log.read_text())
    if len(answers.statuses) != times or set(answers.statuses) != {codes.OK}:
        raise WrongAnswer(f"{address} was asked {times} times and answered {sorted(set(answers.statuses))}")
    return figures(times, answers.seconds, answers.latencies)


def answers_of(log: str) -> Answers:
    """Its log has a line for each: when it began (microseconds), the status (-1 for none), how many microseconds."""
    lines = [[int(column) for column in line.split()] for line in log.splitlines()]
    began, ended = min(line[0] for line in lines), max(line[0] + line[2] for line in lines)
    return Answers(
        [line[1] for line in lines], [line[2] / MICROSECONDS for line in lines], (ended - began) / MICROSECONDS
    )
