"""A step of a story: what a person does, what must follow, how it is reported, and how it fails."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import asyncpg
import httpx
from aiokafka.errors import KafkaError
from websockets.exceptions import WebSocketException

from parking_demo.effects import Effect, Sighting, Subject
from parking_demo.people import Driver, UnexpectedAnswer
from parking_demo.watching.witnesses import NotSeen, Witnesses
from parking_platform.testing.waiting import TimedOut

SEE_SECONDS: Final = 60.0
FAILURES: Final = (
    *(UnexpectedAnswer, NotSeen, TimedOut, httpx.HTTPError, OSError),
    *(asyncpg.PostgresError, asyncpg.InterfaceError, KafkaError, WebSocketException),
)
"""What goes wrong when a part of the platform is away or does something else."""


class StepFailed(Exception):
    """A step did not hold; the message names it and says why."""

    def __init__(self, title: str, reason: BaseException) -> None:
        super().__init__(f"This did not hold: {title}.\n  {str(reason) or repr(reason)}")


@dataclass(frozen=True, slots=True)
class Step:
    """What a person does, which says how it went, and what the services must do then."""

    title: str
    act: Callable[[], Awaitable[Sequence[str]]]
    effects: Sequence[Effect] = ()


@dataclass(frozen=True, slots=True)
class StepReport:
    """A step that held: how it went, what was seen, and how long it took."""

    title: str
    lines: Sequence[str]
    sightings: Sequence[Sighting]
    seconds: float


class Story(Protocol):
    """What people do, step by step; played once."""

    @property
    def title(self) -> str:
        """What it is about."""
        ...

    @property
    def summary(self) -> str:
        """What came about, once all was played."""
        ...

    def play(self) -> AsyncGenerator[StepReport]:
        """Step by step; each is reported when all its effects were seen. Raises StepFailed."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a story is played: who watches, and how long at most something may take to be seen."""

    witnesses: Witnesses
    subject: Subject
    see_seconds: float = SEE_SECONDS

    async def play(self, steps: Sequence[Step]) -> AsyncGenerator[StepReport]:
        """See Story."""
        await self.witnesses.look_away_from_the_past(self.subject)
        for step in steps:
            started = time.monotonic()
            try:
                lines = await step.act()
                sightings = await self.witnesses.see(step.effects, self.subject, self.see_seconds)
            except FAILURES as reason:
                raise StepFailed(step.title, reason) from reason
            self.witnesses.turn_page()
            yield StepReport(step.title, lines, sightings, time.monotonic() - started)

    async def open_app(self, driver: Driver) -> Sequence[str]:
        """The driver signs in, and the app listens."""
        await driver.sign_in()
        self.subject.user_id = await driver.user_id()
        await self.witnesses.listen(driver.tokens["access_token"], f"user:{self.subject.user_id}")
        return [f"{driver.email}; the app listens to live messages over the WebSocket"]
