"""A step of a story: what a person does, what must follow, how it is reported, and how it fails."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg
import httpx
from aiokafka.errors import KafkaError
from websockets.exceptions import WebSocketException

from parking_demo.effects import Effect, Sighting
from parking_demo.people import UnexpectedAnswer
from parking_demo.watching.witnesses import NotSeen
from parking_platform.testing.waiting import TimedOut

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
