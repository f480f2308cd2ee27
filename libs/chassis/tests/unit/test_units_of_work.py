"""The fake unit of work keeps the promises of the real one (`tests/integration/test_units_of_work.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import pytest

from parking_chassis.fakes.units_of_work import in_memory_units_of_work
from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.changes import Changes, UnsavedChanges


@dataclass
class Thing:
    events: list[str] = field(default_factory=list[str])


@dataclass
class Tables:
    things: list[Thing] = field(default_factory=list[Thing])
    outbox: list[str] = field(default_factory=list[str])

    def copy(self) -> Self:
        return type(self)(list(self.things), list(self.outbox))

    def take_over(self, draft: Self) -> None:
        self.things, self.outbox = draft.things, draft.outbox


@dataclass(frozen=True)
class Work:
    tables: Tables
    asker: Asker
    changes: Changes[Thing]

    def load(self) -> Thing:
        return self.changes.loaded(Thing())

    def save(self, thing: Thing) -> None:
        self.tables.things.append(thing)
        self.changes.saved(thing)


def publish(tables: Tables, changed: Sequence[Thing]) -> None:
    tables.outbox.extend(event for thing in changed for event in thing.events)


async def test_what_was_saved_is_published_and_the_asker_is_known() -> None:
    tables = Tables()
    async with in_memory_units_of_work(tables, Work, publish)(THE_SERVICE) as work:
        assert work.asker is THE_SERVICE
        thing = work.load()
        thing.events.append("changed")
        work.save(thing)
        assert tables.outbox == []
    assert tables.outbox == ["changed"]
    assert tables.things == [thing]


async def test_an_event_of_what_was_not_saved_ends_it_and_leaves_nothing() -> None:
    tables = Tables()

    async def leave_unsaved() -> None:
        async with in_memory_units_of_work(tables, Work, publish)(THE_SERVICE) as work:
            work.save(Thing(["made"]))
            work.load().events.append("changed")

    with pytest.raises(UnsavedChanges, match="Thing has events that were not saved: 'changed'"):
        await leave_unsaved()
    assert tables == Tables()


async def test_an_error_leaves_nothing() -> None:
    tables = Tables()

    async def fail() -> None:
        async with in_memory_units_of_work(tables, Work, publish)(THE_SERVICE) as work:
            work.save(Thing(["made"]))
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert tables == Tables()
