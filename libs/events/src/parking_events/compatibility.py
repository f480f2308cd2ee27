"""Can old and new readers read old and new events? (FULL_TRANSITIVE, asked of every released version.)

The rule, for JSON Schema as our classes make it: whatever the writer's schema lets be written, the reader's accepts.
Backward, the reader is new and the writer old; forward, the reader is old and the writer new. New optional fields pass
in both directions, and so do optional fields that are dropped. What the rule does not know, it refuses.

An open enumeration (`x-extensible-enum`) lists what is written; a reader takes other values as unknown. So a new value
passes in both directions, and a value that is gone does not: new readers must still know what it meant. Readers of a
closed enumeration (`enum`) refuse what is not listed.
"""

import operator
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from parking_events.enumerations import KNOWN_VALUES

type Schema = Mapping[str, Any]

IDENTITY_KEYWORDS: Final = ("x-topic", "x-partition-key", "x-subject")
"""A consumer relies on these as much as on the fields: they never change."""

_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT: Final = ("pattern", "format", "multipleOf", "uniqueItems")
_HARMLESS: Final = {"$defs", "$id", "$schema", "default", "description", "examples", "title", "deprecated"}
_KNOWN: Final = {
    *_HARMLESS, *_LOWER_BOUNDS, *_UPPER_BOUNDS, *_EXACT, *IDENTITY_KEYWORDS, KNOWN_VALUES,
    "$ref", "type", "enum", "const", "properties", "required", "items", "anyOf", "additionalProperties",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Words:
    """How a problem is put: each is about what the new schema does to the old one."""

    required: str
    type: str
    listed: str
    value: str
    exact: str
    lower: str
    upper: str
    alternative: str
    field: str
    closed: str


class _Direction(Enum):
    """Who reads whose events."""

    BACKWARD = _Words(
        required="became required",
        type="type narrowed from {written} to {read}",
        listed="became an enumeration",
        value="the value {value!r} is gone",
        exact="{keyword} changed to {read!r}",
        lower="{keyword} rose to {read}",
        upper="{keyword} fell to {read}",
        alternative="an alternative is gone",
        field="is gone and unknown fields are refused",
        closed="unknown fields became refused",
    )
    FORWARD = _Words(
        required="is no longer certain to be there, and old readers require it",
        type="type widened from {read} to {written}",
        listed="is an enumeration no longer, and old readers know its values alone",
        value="the value {value!r} is new, and old readers refuse what they do not know",
        exact="{keyword} {read!r}, which old readers ask for, is kept no longer",
        lower="{keyword} fell below {read}, which old readers ask for",
        upper="{keyword} rose above {read}, which old readers ask for",
        alternative="an alternative is new, and old readers refuse it",
        field="is new and old readers refuse unknown fields",
        closed="old readers refuse unknown fields",
    )


def incompatibilities(old: Schema, new: Schema) -> list[str]:
    """BACKWARD: every reason why a reader of `new` could fail on data written by `old`; empty if there is none."""
    return _changed_identity(old, new) + list(_Comparison(_Direction.BACKWARD, written=old, read=new).all())


def forward_incompatibilities(old: Schema, new: Schema, *, accepted: Collection[tuple[str, str]] = ()) -> list[str]:
    """FORWARD: every reason why a reader of `old` could fail on data written by `new`; empty if there is none.

    `accepted` names values (the enumeration's title, the value) that readers of `old` may refuse: there are none any
    more when the first such value is published.
    """
    comparison = _Comparison(_Direction.FORWARD, written=new, read=old, accepted=accepted)
    return _changed_identity(old, new) + list(comparison.all())


def _changed_identity(old: Schema, new: Schema) -> list[str]:
    return [
        f"{keyword} changed from {old.get(keyword)} to {new.get(keyword)}"
        for keyword in IDENTITY_KEYWORDS
        if old.get(keyword) != new.get(keyword)
    ]


class _Comparison:
    """Walks two documents side by side; each resolves its own references."""

    def __init__(
        self, direction: _Direction, *, written: Schema, read: Schema, accepted: Collection[tuple[str, str]] = ()
    ) -> None:
        self._backward = direction is _Direction.BACKWARD
        self._words = direction.value
        self._written = written
        self._read = read
        self._accepted = accepted

    def all(self) -> Iterator[str]:
        """Every problem."""
        return self._compare(self._written, self._read, "")

    def _compare(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        written, read = _resolved(self._written, written), _resolved(self._read, read)
        unknown = (written.keys() | read.keys()) - _KNOWN
        if unknown:
            yield f"{path or '/'}: no rule for {', '.join(sorted(unknown))}"
        elif "anyOf" in written or "anyOf" in read:
            yield from self._compare_alternatives(written, read, path)
        else:
            yield from self._compare_types(written, read, path)
            yield from self._compare_values(written, read, path)
            yield from self._compare_bounds(written, read, path)
            yield from self._compare_object(written, read, path)
            yield from self._compare_items(written, read, path)

    def _compare_alternatives(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        """Each alternative that is written has to fit at least one that is read."""
        candidates = _alternatives(read)
        for alternative in _alternatives(written):
            attempts = [list(self._compare(alternative, candidate, path)) for candidate in candidates]
            if all(attempts):
                yield min(attempts, key=len)[0] if len(attempts) == 1 else f"{path}: {self._words.alternative}"

    def _compare_types(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        written_types, read_types = _types(written), _types(read)
        if read_types is None:
            return
        accepted = read_types | {"integer"} if "number" in read_types else read_types
        if written_types is None or not written_types <= accepted:
            kinds = {"written": _named(written_types), "read": _named(read_types)}
            yield f"{path}: {self._words.type.format(**kinds)}"

    def _compare_values(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        values, is_open = _listed(written), KNOWN_VALUES in read
        read_values = _listed(read)
        if read_values is None or (is_open and (values is None or not self._backward)):
            return
        if values is None or (self._backward and KNOWN_VALUES in written and not is_open):
            yield f"{path}: {self._words.listed}"
            return
        for value in values:
            if value not in read_values and (read.get("title"), value) not in self._accepted:
                yield f"{path}: {self._words.value.format(value=value)}"

    def _compare_bounds(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        closed = _closed(written)
        if closed is not None and all(_fits(value, read) for value in closed):
            return
        for keywords, words, is_wider in (
            (_EXACT, self._words.exact, operator.eq),
            (_LOWER_BOUNDS, self._words.lower, operator.ge),
            (_UPPER_BOUNDS, self._words.upper, operator.le),
        ):
            for keyword in keywords:
                if keyword in read and not (keyword in written and is_wider(written[keyword], read[keyword])):
                    yield f"{path}: {words.format(keyword=keyword, read=read[keyword])}"

    def _compare_object(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        written_fields: Schema = written.get("properties", {})
        read_fields: Schema = read.get("properties", {})
        for name in sorted(set(read.get("required", ())) - set(written.get("required", ()))):
            yield f"{path}/{name}: {self._words.required}"
        for name in sorted(written_fields.keys() & read_fields.keys()):
            yield from self._compare(written_fields[name], read_fields[name], f"{path}/{name}")
        if read.get("additionalProperties") is False:
            for name in sorted(written_fields.keys() - read_fields.keys()):
                yield f"{path}/{name}: {self._words.field}"
            if written.get("additionalProperties") is not False:
                yield f"{path}: {self._words.closed}"

    def _compare_items(self, written: Schema, read: Schema, path: str) -> Iterator[str]:
        if "items" in read:
            yield from self._compare(written.get("items", {}), read["items"], f"{path}[]")


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


def _named(types: set[str] | None) -> str:
    return "anything" if types is None else " or ".join(sorted(types))


def _closed(schema: Schema) -> list[Any] | None:
    """All values that there can be, where the schema lists them."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def _listed(schema: Schema) -> list[Any] | None:
    """All values that are written, where the schema lists them."""
    return schema.get(KNOWN_VALUES, _closed(schema))


def _fits(value: object, read: Schema) -> bool:
    """Whether a text is within a reader's pattern and length; of other values and bounds nothing is known."""
    bounds = {keyword for keyword in (*_EXACT, *_LOWER_BOUNDS, *_UPPER_BOUNDS) if keyword in read}
    return (
        isinstance(value, str)
        and bounds <= {"pattern", "minLength", "maxLength"}
        and re.search(read.get("pattern", ""), value) is not None
        and read.get("minLength", 0) <= len(value) <= read.get("maxLength", len(value))
    )
