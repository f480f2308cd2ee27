"""What every schema says for itself: each property in words, each event by an example, no enumeration closed."""

from collections.abc import Iterator, Mapping
from typing import Any

type Schema = Mapping[str, Any]


def gaps(schema: Schema) -> list[str]:
    """What an event's schema leaves unsaid; empty if nothing."""
    problems = [] if schema.get("examples") else ["/: has no example"]
    if not schema.get("description"):
        problems.append("/: has no description")
    for name, definition in sorted(schema.get("$defs", {}).items()):
        if not definition.get("description"):
            problems.append(f"{name}: has no description")
        problems += _gaps(definition, name)
    return problems + list(_gaps(schema, ""))


def _gaps(schema: Schema, path: str) -> Iterator[str]:
    if "enum" in schema:
        yield f"{path}: is a closed enumeration; its type is `Open[…]`"
    for name, field in schema.get("properties", {}).items():
        if not field.get("description"):
            yield f"{path}/{name}: has no description of its own"
        yield from _gaps(field, f"{path}/{name}")
    if "items" in schema:
        yield from _gaps(schema["items"], f"{path}[]")
    for alternative in schema.get("anyOf", ()):
        yield from _gaps(alternative, path)
