"""What a unit of work has to publish: the events of the aggregates that its repositories saved."""

from collections.abc import Sequence
from typing import Protocol


class Aggregate(Protocol):
    """What changes as a whole, and holds what happened to it in this unit of work."""

    @property
    def events(self) -> Sequence[object]:
        """What happened, the oldest first."""
        ...


class UnsavedChanges(Exception):
    """Something happened to an aggregate that no repository has saved: its events would be lost silently."""

    def __init__(self, aggregate: Aggregate) -> None:
        super().__init__(f"{type(aggregate).__name__} has events that were not saved: {aggregate.events[-1]!r:.200}")


class Changes[A: Aggregate]:
    """The aggregates of one unit of work, as its repositories hand them out and take them back.

    Aggregates are distinguished by identity: two objects for the same thing are two changes of it.
    """

    def __init__(self) -> None:
        # An id stays its object's own as long as the object is held here.
        self._watched: dict[int, Aggregate] = {}
        self._events_saved: dict[int, int] = {}
        self._saved: dict[int, A] = {}

    def loaded[L: Aggregate](self, aggregate: L) -> L:
        """Watch an aggregate that is handed out to be changed; the same object."""
        self._watched[id(aggregate)] = aggregate
        return aggregate

    def saved(self, *aggregates: A) -> None:
        """Note that aggregates are stored as they are now."""
        for aggregate in aggregates:
            self._watched[id(aggregate)] = aggregate
            self._events_saved[id(aggregate)] = len(aggregate.events)
            self._saved.setdefault(id(aggregate), aggregate)

    def to_publish(self) -> Sequence[A]:
        """What was saved and has events, in the order of the first saving. Raises `UnsavedChanges`."""
        for identity, aggregate in self._watched.items():
            if len(aggregate.events) > self._events_saved.get(identity, 0):
                raise UnsavedChanges(aggregate)
        return [aggregate for aggregate in self._saved.values() if aggregate.events]
