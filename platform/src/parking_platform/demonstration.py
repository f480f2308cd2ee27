"""The demonstration: its data, made once before the services run, and one booking as a proof once they do.

Both are processes of `parking_demo`, which is the only one to know services by their code.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from parking_platform.accounts import accounts
from parking_platform.composition import Composition
from parking_platform.failures import PlatformFailure
from parking_platform.processes import ChildProcess, ProcessSpec, log_tail
from parking_platform.report import Report

NAME: Final = "demo"
SERVICES: Final = ("auth", "parking", "reservation", "payment")
STOP_SECONDS: Final = 20.0


class SeedingFailed(PlatformFailure):
    """The demonstration's data is not complete; the message says why and what to do."""


class NotProved(PlatformFailure):
    """Everything runs, and yet a booking does not go through; the message says at which step."""


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """How much is made: car parks, and bookings of other drivers."""

    lots: int
    visits: int

    async def ensure(self, parts: Composition, report: Report) -> None:
        """Make it, unless it is there. What an earlier try left undone is done."""
        if _outcome(parts) is not None:
            return
        log = parts.layout.logs / f"{NAME}.log"
        report.say(f"  Once: car parks of Berlin and a week of their past, in a minute or so. See {log}")
        with report.timed("demonstration", "made"):
            await _run(self._seeding(parts), log)
        outcome = _outcome(parts)
        if outcome is None:
            raise SeedingFailed(
                f"The demonstration's data was not made.\n  The end of {log}:\n{log_tail(log)}\n"
                "  `make up` goes on where it stopped; `make reset` deletes everything, to begin from nothing."
            )
        report.say(
            f"  {outcome['lots']} car parks with {outcome['spots']} spots, {outcome['reservations']} reservations,"
            f" {outcome['refused']} refused because all was taken"
        )

    async def prove(self, parts: Composition, report: Report) -> None:
        """Play one booking through the gateway, once in the life of the data. Raises NotProved."""
        stamp, log = _directory(parts) / "proved", parts.layout.logs / "proof.log"
        if stamp.exists():
            return
        command = (sys.executable, "-m", "parking_demo", "prove", "--demo", str(parts.layout.demo))
        proof = ProcessSpec(name="proof", command=command, directory=_directory(parts), environment={})
        if await _run(proof, log):
            raise NotProved(
                f"Everything runs, but a booking did not go through.\n  The end of {log}:\n{log_tail(log)}\n"
                "  `make up` tries again, `make demo` shows it step by step."
            )
        report.say(f"  {log.read_text().splitlines()[-1]}")
        stamp.touch()

    def _seeding(self, parts: Composition) -> ProcessSpec:
        people = accounts(parts.secrets)
        options = {
            "--stamp": _stamp(parts),
            "--lots": self.lots,
            "--visits": self.visits,
            "--operator": people["operator"].email,
            "--driver": people["driver"].email,
        }
        admin_urls = {service: parts.postgres.url(service) for service in SERVICES}
        environment = {"DEMO_ADMIN_URLS": json.dumps(admin_urls)}
        for service in SERVICES:
            environment |= parts.service_environment(service)
        arguments = (str(part) for option in options.items() for part in option)
        return ProcessSpec(
            name=NAME,
            command=(sys.executable, "-m", "parking_demo", "seed", *arguments),
            directory=_directory(parts),
            environment=environment,
            stop_seconds=STOP_SECONDS,
        )


WHOLE: Final = Demonstration(lots=42, visits=430)
"""What `make up` makes."""


async def _run(spec: ProcessSpec, log: Path) -> int:
    """Its exit code. It does not outlive us."""
    spec.directory.mkdir(exist_ok=True)
    child = ChildProcess.start(spec, log)
    try:
        return await child.wait()
    finally:
        await child.stop()


def _directory(parts: Composition) -> Path:
    return parts.layout.server(NAME)


def _stamp(parts: Composition) -> Path:
    return _directory(parts) / "week.json"


def _outcome(parts: Composition) -> Mapping[str, Any] | None:
    stamp = _stamp(parts)
    return json.loads(stamp.read_text()).get("outcome") if stamp.exists() else None
