"""A unit of work publishes what was saved, and reports what was not."""

from dataclasses import dataclass, field

import pytest

from parking_kernel.changes import Changes, UnsavedChanges


@dataclass
class Thing:
    events: list[str] = field(default_factory=list[str])


def test_what_was_saved_is_published_in_the_order_of_the_saving() -> None:
    changes, first, second = Changes[Thing](), Thing(["a"]), Thing(["b"])
    changes.saved(second)
    changes.saved(first, second)
    assert changes.to_publish() == [second, first]


def test_what_was_loaded_and_not_changed_is_no_matter() -> None:
    changes = Changes[Thing]()
    thing = changes.loaded(Thing())
    changes.saved(Thing())
    assert not thing.events
    assert changes.to_publish() == []


def test_a_loaded_aggregate_with_events_must_be_saved() -> None:
    changes = Changes[Thing]()
    changes.loaded(Thing()).events.append("it happened")
    with pytest.raises(UnsavedChanges, match="Thing has events that were not saved: 'it happened'"):
        changes.to_publish()


def test_what_happens_after_the_saving_must_be_saved_again() -> None:
    changes = Changes[Thing]()
    thing = changes.loaded(Thing(["a"]))
    changes.saved(thing)
    thing.events.append("b")
    with pytest.raises(UnsavedChanges):
        changes.to_publish()
    changes.saved(thing)
    assert changes.to_publish() == [thing]


def test_equal_aggregates_are_two() -> None:
    changes, one, other = Changes[Thing](), Thing(["a"]), Thing(["a"])
    changes.saved(one, other)
    assert len(changes.to_publish()) == 2
