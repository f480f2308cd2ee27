"""The demonstration's data: made once, by a process of its own, before the services run."""

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
            await self._run(parts, log)
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

    async def _run(self, parts: Composition, log: Path) -> None:
        parts.layout.server(NAME).mkdir(exist_ok=True)
        child = ChildProcess.start(self._process(parts), log)
        try:
            await child.wait()
        finally:
            await child.stop()

    def _process(self, parts: Composition) -> ProcessSpec:
        people = accounts(parts.secrets)
        options = {
            "--stamp": _stamp(parts),
            "--lots": self.lots,
            "--visits": self.visits,
            "--operator": people["operator"].email,
            "--driver": people["driver"].email,
        }
        environment = {"DEMO_RESERVATION_ADMIN_URL": parts.postgres.url("reservation")}
        for service in SERVICES:
            environment |= parts.service_environment(service)
        arguments = (str(part) for option in options.items() for part in option)
        return ProcessSpec(
            name=NAME,
            command=(sys.executable, "-m", "parking_demo", "seed", *arguments),
            directory=parts.layout.server(NAME),
            environment=environment,
            stop_seconds=STOP_SECONDS,
        )


WHOLE: Final = Demonstration(lots=42, visits=430)
"""What `make up` makes."""


def _stamp(parts: Composition) -> Path:
    return parts.layout.server(NAME) / "week.json"


def _outcome(parts: Composition) -> Mapping[str, Any] | None:
    stamp = _stamp(parts)
    return json.loads(stamp.read_text()).get("outcome") if stamp.exists() else None
