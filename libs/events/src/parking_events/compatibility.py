"""May readers of a new schema read what was written by an old one? (BACKWARD, asked of every released version.)

The rule, for JSON Schema as our classes make it: whatever the old schema accepts, the new one accepts. New optional
fields, dropped fields, new enumeration values and wider ranges pass. A new required field, a removed enumeration
value, a narrowed type or a tighter range does not. What the rule does not know, it refuses.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

type Schema = Mapping[str, Any]

IDENTITY_KEYWORDS: Final = ("x-topic", "x-partition-key", "x-subject")
"""A consumer relies on these as much as on the fields: they never change."""

_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT: Final = ("pattern", "format", "multipleOf", "uniqueItems")
_HARMLESS: Final = {"$defs", "$id", "$schema", "default", "description", "examples", "title", "deprecated"}
_KNOWN: Final = {
    *_HARMLESS, *_LOWER_BOUNDS, *_UPPER_BOUNDS, *_EXACT, *IDENTITY_KEYWORDS,
    "$ref", "type", "enum", "const", "properties", "required", "items", "anyOf", "additionalProperties",
}  # fmt: skip


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """Every reason why a reader of `new` could refuse data written by `old`; empty if there is none."""
    problems = [
        f"{keyword} changed from {old.get(keyword)} to {new.get(keyword)}"
        for keyword in IDENTITY_KEYWORDS
        if old.get(keyword) != new.get(keyword)
    ]
    return problems + list(_Comparison(old, new).compare(old, new, ""))


class _Comparison:
    """Walks two documents side by side; each resolves its own references."""

    def __init__(self, old_document: Schema, new_document: Schema) -> None:
        self._old_document = old_document
        self._new_document = new_document

    def compare(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        old, new = _resolved(self._old_document, old), _resolved(self._new_document, new)
        unknown = (old.keys() | new.keys()) - _KNOWN
        if unknown:
            yield f"{path or '/'}: no rule for {', '.join(sorted(unknown))}"
        elif "anyOf" in old or "anyOf" in new:
            yield from self._compare_alternatives(old, new, path)
        else:
            yield from _compare_types(old, new, path)
            yield from _compare_values(old, new, path)
            yield from _compare_bounds(old, new, path)
            yield from self._compare_object(old, new, path)
            yield from self._compare_items(old, new, path)

    def _compare_alternatives(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        """Each old alternative has to fit at least one new one."""
        candidates = _alternatives(new)
        for alternative in _alternatives(old):
            attempts = [list(self.compare(alternative, candidate, path)) for candidate in candidates]
            if all(attempts):
                yield min(attempts, key=len)[0] if len(attempts) == 1 else f"{path}: an alternative is gone"

    def _compare_object(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        old_fields: Schema = old.get("properties", {})
        new_fields: Schema = new.get("properties", {})
        for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
            yield f"{path}/{name}: became required"
        for name in sorted(old_fields.keys() & new_fields.keys()):
            yield from self.compare(old_fields[name], new_fields[name], f"{path}/{name}")
        if new.get("additionalProperties") is False:
            closed = old.get("additionalProperties") is False
            for name in sorted(old_fields.keys() - new_fields.keys()):
                yield f"{path}/{name}: is gone and unknown fields are refused"
            if not closed:
                yield f"{path}: unknown fields became refused"

    def _compare_items(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        if "items" in new:
            yield from self.compare(old.get("items", {}), new["items"], f"{path}[]")


def _resolved(document: Schema, schema: Schema) -> Schema:
    while "$ref" in schema:
        target: Any = document
        for step in str(schema["$ref"]).removeprefix("#/").split("/"):
            target = target[step]
        schema = target
    return schema


def _alternatives(schema: Schema) -> list[Schema]:
    return list(schema["anyOf"]) if "anyOf" in schema else [schema]


def _types(schema: Schema) -> set[str] | None:
    kind = schema.get("type")
    return None if kind is None else {kind} if isinstance(kind, str) else set(kind)


def _compare_types(old: Schema, new: Schema, path: str) -> Iterator[str]:
    old_types, new_types = _types(old), _types(new)
    if new_types is None:
        return
    if "number" in new_types:
        new_types |= {"integer"}
    if old_types is None or not old_types <= new_types:
        yield f"{path}: type narrowed from {_named(old_types)} to {_named(_types(new))}"


def _named(types: set[str] | None) -> str:
    return "anything" if types is None else " or ".join(sorted(types))


def _allowed(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _compare_values(old: Schema, new: Schema, path: str) -> Iterator[str]:
    old_values, new_values = _allowed(old), _allowed(new)
    if new_values is None:
        return
    if old_values is None:
        yield f"{path}: became an enumeration"
        return
    for value in old_values:
        if value not in new_values:
            yield f"{path}: the value {value!r} is gone"


def _compare_bounds(old: Schema, new: Schema, path: str) -> Iterator[str]:
    for keyword in _EXACT:
        if keyword in new and old.get(keyword) != new[keyword]:
            yield f"{path}: {keyword} changed to {new[keyword]!r}"
    for keyword in _LOWER_BOUNDS:
        if keyword in new and (keyword not in old or old[keyword] < new[keyword]):
            yield f"{path}: {keyword} rose to {new[keyword]}"
    for keyword in _UPPER_BOUNDS:
        if keyword in new and (keyword not in old or old[keyword] > new[keyword]):
            yield f"{path}: {keyword} fell to {new[keyword]}"
