"""Events as a newer producer publishes them: with a value of an enumeration that this release does not know."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from parking_events import WireEvent
from parking_events.enumerations import KNOWN_VALUES
from parking_events.schemas import example_of, schema_of

LATER = "added_later"


class Changed(NamedTuple):
    """An event's example, and where in it the value is that came later (`charges/0/status`)."""

    path: str
    document: dict[str, Any]


def with_a_later_value(event_class: type[WireEvent]) -> Iterator[Changed]:
    """The example of an event once for each value of an enumeration in it."""
    document, example = schema_of(event_class), example_of(event_class)
    assert example is not None
    for path in _enumerations(document, document, example):
        changed = deepcopy(example)
        target: Any = changed
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = LATER
        yield Changed("/".join(map(str, path)), changed)


def _enumerations(document: Any, schema: Any, value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Any]:
    if "$ref" in schema:
        schema = document["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if KNOWN_VALUES in schema:
        yield path
    parts = [(alternative, value, path) for alternative in schema.get("anyOf", ()) if value is not None]
    if isinstance(value, dict):
        parts += [(field, value[name], (*path, name)) for name, field in schema.get("properties", {}).items()]
    if isinstance(value, list):
        parts += [(schema.get("items", {}), item, (*path, place)) for place, item in enumerate(value)]
    for part in parts:
        yield from _enumerations(document, *part)
