"""Enumerations are open to readers, and closed to producers."""

import json
import re
from typing import Any

import pytest
from libs.events.tests.later_values import LATER, with_a_later_value
from pydantic import ValidationError

from parking_events import EVENT_CLASSES, LotStatus, SpotCreatedV1, SpotType, WireEvent
from parking_events.enumerations import (
    KNOWN_VALUES,
    VALUE_LENGTH,
    VALUE_PATTERN,
    UnknownValue,
    UnpublishableEvent,
)
from parking_events.schemas import example_of, schema_of

pytestmark = pytest.mark.unit

ALL = pytest.mark.parametrize("event_class", EVENT_CLASSES.values(), ids=EVENT_CLASSES.keys())


def at(path: str, parsed: Any) -> Any:
    """What a parsed event holds there."""
    for step in path.split("/"):
        parsed = parsed[int(step)] if step.isdigit() else getattr(parsed, step)
    return parsed


@ALL
def test_a_reader_takes_a_later_value_as_unknown(event_class: type[WireEvent]) -> None:
    for path, document in with_a_later_value(event_class):
        event = event_class.from_json(json.dumps(document).encode())
        assert at(path, event) == UnknownValue(LATER)
        assert at(path, event).value == LATER
        assert str(at(path, event)) == LATER
        assert event.model_dump(mode="json") == document, "the value survives"
        assert event == event_class.from_json(json.dumps(document).encode())
        assert hash(event) == hash(event.model_copy())


@ALL
def test_an_unknown_value_cannot_be_published(event_class: type[WireEvent]) -> None:
    for _path, document in with_a_later_value(event_class):
        event = event_class.from_json(json.dumps(document).encode())
        with pytest.raises(UnpublishableEvent, match=f"{event_class.event_type} does not know {LATER}"):
            event.to_json()


def test_the_examples_hold_enumerations() -> None:
    """Else the tests above would test nothing."""
    found = {path for event_class in EVENT_CLASSES.values() for path, _document in with_a_later_value(event_class)}
    assert {"status", "spot_type", "charges/0/reason", "refunds/0/status", "lines/1/type", "caps/0/per"} <= found
    assert {"channel", "kind", "source", "origin", "spot_types/2", "time_bands/0/lines/0/type"} <= found


def test_a_producer_can_only_name_what_it_knows() -> None:
    event = SpotCreatedV1.from_json(json.dumps(example_of(SpotCreatedV1)).encode())
    fields: dict[str, Any] = {name: getattr(event, name) for name in SpotCreatedV1.model_fields}
    assert SpotCreatedV1(**{**fields, "spot_type": SpotType.COMPACT}).to_json()
    for wrong in (UnknownValue(LATER), LATER, "compact"):
        with pytest.raises(ValidationError, match="spot_type"):
            SpotCreatedV1(**{**fields, "spot_type": wrong})
    smuggled = SpotCreatedV1(**fields).model_copy(update={"spot_type": UnknownValue(LATER)})
    with pytest.raises(UnpublishableEvent, match=LATER):
        smuggled.to_json()
    with pytest.raises(ValueError, match=LATER):
        LotStatus(LATER)


def test_free_text_is_no_value() -> None:
    example: dict[str, Any] = example_of(SpotCreatedV1) or {}
    for wrong in ("Mr Smith rang us", "", "x" * (VALUE_LENGTH + 1), 1, None, ["standard"]):
        with pytest.raises(ValidationError, match="spot_type\n  Input should be a value of the enumeration"):
            SpotCreatedV1.from_json(json.dumps({**example, "spot_type": wrong}).encode())


@ALL
def test_known_values_look_as_unknown_ones_must(event_class: type[WireEvent]) -> None:
    for name, definition in schema_of(event_class).get("$defs", {}).items():
        for value in definition.get(KNOWN_VALUES, ()):
            assert re.search(VALUE_PATTERN, value), f"{name}.{value}"
            assert len(value) <= VALUE_LENGTH, f"{name}.{value}"


@ALL
def test_unknown_properties_are_ignored_at_every_depth(event_class: type[WireEvent]) -> None:
    example = example_of(event_class)
    event = event_class.from_json(json.dumps(example).encode())
    assert event_class.from_json(json.dumps(extended(example)).encode()) == event


def extended(value: Any) -> Any:
    """The same document with a property more in each object."""
    if isinstance(value, dict):
        return {name: extended(each) for name, each in value.items()} | {"added_later": {"a": 1}}
    return [extended(each) for each in value] if isinstance(value, list) else value
