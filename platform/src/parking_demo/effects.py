"""What a step of a story sets off in the services, and what was seen of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol


class Medium(StrEnum):
    """Where something is seen."""

    ROWS = "rows"
    EVENT = "event"
    MAIL = "mail"
    LIVE = "live"
    DOCUMENT = "document"


class Effect(NamedTuple):
    """Something that a service does: the state that a row or document came to, a kind of event, a mail's subject."""

    service: str
    medium: Medium
    what: str

    def __str__(self) -> str:
        return f"{self.service}: {self.medium} {self.what}"


class Sighting(NamedTuple):
    """An effect that was seen, and the words in which it is shown."""

    effect: Effect
    words: str


@dataclass(slots=True)
class Subject:
    """Whom and what is watched; empty until the story has come so far."""

    email: str
    user_id: str = ""
    reservation_ids: set[str] = field(default_factory=set[str])


class Watcher(Protocol):
    """Watches one place."""

    async def look(self, subject: Subject) -> Sequence[Sighting]:
        """All that was seen since the page was turned."""
        ...

    def turn_page(self) -> None:
        """What was seen until now belongs to the past."""
        ...
