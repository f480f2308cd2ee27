"""`journey` and `prove`: the stories on the platform that runs at length, or the first of them in one line."""

import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Final

from parking_demo.addresses import Addresses, NotRunning
from parking_demo.effects import Sighting
from parking_demo.journey import Goal, Journey
from parking_demo.narration import Narration
from parking_demo.people import Driver, Operator
from parking_demo.steps import FAILURES, StepFailed, Story
from parking_demo.supply_story import SupplyStory
from parking_demo.watching.witnesses import Witnesses

ALEXANDERPLATZ: Final = Goal("Alexanderplatz in Berlin", 52.5219, 13.4132)
WHAT_TO_DO: Final = (
    "`make status` shows what serves, `make logs NAME=payment` what a service said; `make up` starts what does not run."
)


async def narrate(file: Path) -> None:
    """Play the stories and report each step; exit with 1 and a message where a step does not hold."""
    started = time.monotonic()
    narration = Narration.to(sys.stdout)
    seen: list[Sighting] = []
    summaries: list[str] = []
    for make in (_journey, _supply_story):
        async with _played(file, make) as (addresses, story):
            narration.begin(story.title, addresses.gateway)
            async with aclosing(story.play()) as steps:
                async for report in steps:
                    narration.show(report)
                    seen += report.sightings
            summaries.append(story.summary)
    narration.end(summaries, seen, time.monotonic() - started)


async def prove(file: Path) -> None:
    """Play the journey quietly; one line when all held."""
    started = time.monotonic()
    async with _played(file, _journey) as (_, journey), aclosing(journey.play()) as steps:
        async for _reported in steps:
            pass
        sys.stdout.write(f"Proved one booking: {journey.summary}, {time.monotonic() - started:.1f} s\n")


def _journey(driver: Driver, operator: Operator, witnesses: Witnesses) -> Story:
    return Journey(driver, operator, ALEXANDERPLATZ, witnesses)


def _supply_story(driver: Driver, operator: Operator, witnesses: Witnesses) -> Story:
    return SupplyStory(driver, operator, witnesses)


@asynccontextmanager
async def _played(
    file: Path, make: Callable[[Driver, Operator, Witnesses], Story]
) -> AsyncIterator[tuple[Addresses, Story]]:
    """A story of the demonstration's people. Failures become a message for people and exit code 1."""
    try:
        addresses = Addresses.read(file)
        city = addresses.city()
        async with city.client, Witnesses.called(addresses, city) as witnesses:
            people = addresses.accounts
            driver = Driver(city, people["driver"].email, people["driver"].password)
            operator = Operator(city, people["operator"].email, people["operator"].password)
            yield addresses, make(driver, operator, witnesses)
    except NotRunning as error:
        sys.exit(str(error))
    except StepFailed as error:
        sys.exit(f"\n{error}\n  {WHAT_TO_DO}")
    except FAILURES as error:
        sys.exit(f"A part of the platform does not answer: {error!r}\n  {WHAT_TO_DO}")
