"""What has changed between two looks at things that have a state, such as rows and documents."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from parking_demo.effects import Effect, Medium, Sighting

GONE = "gone"


class Thing(NamedTuple):
    """A row or a document: its service, its table or index, its id."""

    service: str
    place: str
    id: str


class State(NamedTuple):
    """Its state in one word, and what else is worth showing."""

    word: str
    more: str = ""


@dataclass(slots=True)
class Changes:
    """The two looks. Those before anything was looked at saw nothing."""

    medium: Medium
    before: Mapping[Thing, State]
    now: Mapping[Thing, State]

    @classmethod
    def of(cls, medium: Medium) -> "Changes":
        """Nothing has been seen yet."""
        return cls(medium, {}, {})

    def turn_page(self) -> None:
        """From here on, only what changes is news."""
        self.before = self.now

    def sightings(self) -> list[Sighting]:
        """New things, changed ones, and those that are gone."""
        return list(self._sightings(lambda thing, word: Effect(thing.service, self.medium, f"{thing.place} {word}")))

    def _sightings(self, effect: Callable[[Thing, str], Effect]) -> Iterator[Sighting]:
        for thing, state in self.now.items():
            old = self.before.get(thing)
            if state != old:
                words = f"+ {state.word}" if old is None else _transition(old.word, state.word)
                yield Sighting(effect(thing, state.word), f"{thing.place}: {words}{state.more and f', {state.more}'}")
        for thing, old in self.before.items():
            if thing not in self.now:
                yield Sighting(effect(thing, GONE), f"{thing.place}: - {old.word}")


def _transition(old: str, new: str) -> str:
    return new if old == new else f"{old} → {new}"
