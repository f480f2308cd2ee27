"""Fuzzes all six services on a platform of its own: `make fuzz`."""

import argparse
import asyncio
import secrets
import sys
import time
from pathlib import Path

from tests.fuzz import report
from tests.fuzz.campaign import Effort, Outcome, fuzz
from tests.fuzz.cast import ROLES, SERVICES, engaged

from parking_platform.settings import load_settings
from parking_platform.testing.platform import RunningPlatform, running_platform
from parking_platform.testing.scratch import scratch_directory


async def fuzz_all(services: list[str], effort: Effort) -> dict[str, Outcome]:
    """What each service did, asked by everyone."""
    outcomes: dict[str, Outcome] = {}
    with scratch_directory() as directory:
        async with running_platform(directory / "platform") as platform:
            for service in services:
                outcomes[service] = await fuzz_service(platform, service, effort)
    return outcomes


async def fuzz_service(platform: RunningPlatform, service: str, effort: Effort) -> Outcome:
    """What one service did; with a new cast, since charges run out and accounts end."""
    outcome = Outcome()
    async with engaged(platform) as cast:
        for who in ROLES:
            began = time.monotonic()
            url, sign_in_url = platform.address(service), platform.address("auth")
            found = await asyncio.to_thread(fuzz, url, effort, who, cast, sign_in_url)
            outcome.add(found.shown_at(url, usual_address(service)))
            for fault in found.faults.values():
                _say(f"  {fault.operation}: {fault.title}")
            seconds = time.monotonic() - began
            _say(f"{service:<12} {who:<14} {found.cases:>7} cases {len(found.faults):>3} faults {seconds:>5.0f} s")
    return outcome


def usual_address(service: str) -> str:
    """Where `make up` puts the service, so that requests can be repeated there."""
    return f"http://127.0.0.1:{load_settings().ports[service]}"


def main() -> int:
    """The exit code: whether something is wrong, or was never really tried."""
    options = _options()
    seed = options.seed if options.seed is not None else secrets.randbelow(2**31)
    _say(f"SEED={seed} CASES={options.cases}")
    outcomes = asyncio.run(fuzz_all(options.services, Effort(options.cases, seed, borders=True)))
    text = "\n".join([f"SEED={seed} CASES={options.cases}", *report.lines(outcomes)])
    options.report.parent.mkdir(exist_ok=True)
    options.report.write_text(text + "\n")
    _say(f"{text}\n\nThis is in {options.report} too.")
    return int(any(each.faults or report.unreached(each) for each in outcomes.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=150, help="made-up cases for each operation and person")
    parser.add_argument("--seed", type=int, help="of an earlier run, to repeat it")
    parser.add_argument("--services", nargs="+", choices=SERVICES, default=list(SERVICES))
    parser.add_argument("--report", type=Path, default=Path("build/fuzz.txt"))
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
