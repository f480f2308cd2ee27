"""`python -m parking_demo seed`: the city, and the week tick by tick."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from parking_chassis.clock import SYSTEM_CLOCK
from parking_chassis.logs import configure_logs
from parking_demo.seeding.city import CarPark, car_parks
from parking_demo.seeding.clock import DemoClock
from parking_demo.seeding.driving import Driving
from parking_demo.seeding.estate import Estate, founded
from parking_demo.seeding.past import PastDatabases, past_databases
from parking_demo.seeding.services import Services, at_work, outboxes_are_empty, wired
from parking_demo.seeding.waiting import wait_until
from parking_demo.seeding.week import Tick, Week
from parking_kernel.askers import Asker
from parking_service.application.commands.report_occupancy import ReportOccupancy
from parking_service.domain.occupancy import CountReading
from reservation_service.application.commands.expire_holds import ExpireHolds
from reservation_service.application.commands.note_no_shows import NoteNoShows

ADMIN_URLS_VARIABLE: Final = "DEMO_ADMIN_URLS"
"""A superuser's URLs of the databases, by service, as JSON. They hold a password, so they are no arguments."""
AT_ONCE: Final = 8
BEFORE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is made."""

    lots: int
    visits: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What there is now."""

    lots: int
    spots: int
    reservations: int
    refused: int
    seconds: float


async def seed(stamp: Path, scale: Scale, operator: str, driver: str) -> Outcome:
    """Make it, or what an earlier try left undone: the same week again, with the same keys, changes what is missing."""
    started = time.monotonic()
    places = car_parks()[: scale.lots]
    week = Week(places, scale.visits, _end_of_week(stamp))
    clock = DemoClock()
    async with past_databases(json.loads(os.environ[ADMIN_URLS_VARIABLE])) as past:
        services = wired(clock, past.urls)
        stripe = services.payments.settings.stripe_api_base or "https://api.stripe.com"
        async with at_work(services), _browser(stripe) as browser:
            await _put_to(week.ticks[0].at - BEFORE, clock, past)
            _say(f"{len(places)} car parks and their drivers")
            estate = await founded(services, clock, places, operator, driver)
            driving = Driving(services, estate, browser)
            for number, tick in enumerate(week.ticks):
                await _put_to(tick.at, clock, past)
                await _live_through(tick, driving)
                await _count(tick.at, week, places, services, estate)
                if number % 12 == 0:
                    _say(f"{tick.at:%A %H:%M}: {len(driving.reservations)} reservations")
            await wait_until(lambda: outboxes_are_empty(services), "all events to be published")
    spots = sum(place.total_spots for place in places)
    return Outcome(len(places), spots, len(driving.reservations), driving.refused, time.monotonic() - started)


def _browser(stripe: str) -> httpx.AsyncClient:
    """Of many drivers: each connects for itself, so none meets a connection that idled too long."""
    nothing_kept = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=stripe, limits=nothing_kept, trust_env=False)


def run(stamp: Path, scale: Scale, operator: str, driver: str) -> None:
    """Seed, and leave the outcome in the stamp. SIGTERM ends it as Ctrl-C does: what it put up is taken down."""
    configure_logs("demo", "WARNING")
    outcome = asyncio.run(_until_signal(seed(stamp, scale, operator, driver)))
    _write(stamp, {**json.loads(stamp.read_text()), "outcome": asdict(outcome)})


async def _until_signal(making: Awaitable[Outcome]) -> Outcome:
    task = asyncio.ensure_future(making)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _end_of_week(stamp: Path) -> datetime:
    """When this seeding was begun first: that is where its week ends."""
    if stamp.exists():
        return datetime.fromisoformat(json.loads(stamp.read_text())["ends_at"])
    ends_at = SYSTEM_CLOCK.now().replace(second=0, microsecond=0)
    _write(stamp, {"ends_at": ends_at.isoformat()})
    return ends_at


def _write(stamp: Path, content: dict[str, object]) -> None:
    being_written = stamp.with_suffix(".part")
    being_written.write_text(json.dumps(content, indent=2) + "\n")
    being_written.rename(stamp)


async def _put_to(at: datetime, clock: DemoClock, past: PastDatabases) -> None:
    clock.put_to(at)
    await past.put_back(clock.behind)


async def _live_through(tick: Tick, driving: Driving) -> None:
    """First what has happened since the last tick, then what the clock says is over, then what is new."""
    does = driving.services.reservation.use_cases
    await does.expire_holds(ExpireHolds())
    for passage in tick.passages:
        await driving.pass_gate(passage)
    await does.note_no_shows(NoteNoShows())
    await _at_once([lambda visit=visit: driving.cancel(visit) for visit in tick.cancellations])
    await _at_once([lambda visit=visit: driving.book(visit) for visit in tick.bookings])


async def _count(at: datetime, week: Week, places: Sequence[CarPark], services: Services, estate: Estate) -> None:
    """Every lot's counter reports."""
    asker = Asker(organizations=frozenset({estate.organization_id}))

    async def report(number: int) -> None:
        reading = CountReading(week.occupied(number, at), places[number].total_spots, at)
        command = ReportOccupancy(asker, estate.lots[number], count=reading)
        await services.parking.use_cases.report_occupancy(command)

    await _at_once([lambda number=number: report(number) for number in range(len(places))])


async def _at_once(actions: Iterable[Callable[[], Awaitable[None]]]) -> None:
    """All of them, a few at the same time."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(action: Callable[[], Awaitable[None]]) -> None:
        async with places:
            await action()

    async with asyncio.TaskGroup() as tasks:
        for action in actions:
            tasks.create_task(one(action))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
