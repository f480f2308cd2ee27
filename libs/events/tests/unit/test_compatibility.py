"""Each breaking change is caught, each allowed one passes."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from parking_events import EVENT_CLASSES
from parking_events.compatibility import forward_incompatibilities, incompatibilities
from parking_events.schemas import schema_of

pytestmark = pytest.mark.unit

type Schema = dict[str, Any]

OLD: Schema = {
    "x-topic": "t.v1", "x-partition-key": "id", "x-subject": "id",
    "$defs": {
        "Status": {"type": "string", "enum": ["open", "closed"]},
        "Money": {
            "type": "object",
            "properties": {"amount": {"type": "integer", "minimum": 0}, "currency": {"type": "string"}},
            "required": ["amount", "currency"],
        },
    },
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "status": {"$ref": "#/$defs/Status"},
        "price": {"anyOf": [{"$ref": "#/$defs/Money"}, {"type": "null"}], "default": None},
        "count": {"type": "integer", "minimum": 0, "maximum": 10},
        "ratio": {"type": "number"},
        "word": {"type": "string", "pattern": "^a", "maxLength": 5},
        "any_word": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["id", "status"],
}  # fmt: skip

ALLOWED: dict[str, Callable[[Schema], object]] = {
    "nothing": lambda new: None,
    "a new optional field": lambda new: new["properties"].update(extra={"type": "string"}),
    "a field dropped": lambda new: new["properties"].pop("word"),
    "a field no longer required": lambda new: new["required"].remove("status"),
    "a new enumeration value": lambda new: new["$defs"]["Status"]["enum"].append("retired"),
    "an enumeration opened": lambda new: new["$defs"]["Status"].pop("enum"),
    "an integer became a number": lambda new: new["properties"]["count"].update(type="number"),
    "a wider range": lambda new: new["properties"]["count"].update(minimum=-1, maximum=20),
    "a bound dropped": lambda new: new["properties"]["count"].pop("minimum"),
    "a pattern dropped": lambda new: new["properties"]["word"].pop("pattern"),
    "became nullable": lambda new: new["properties"].update(ratio={"anyOf": [{"type": "number"}, {"type": "null"}]}),
    "one more alternative": lambda new: new["properties"]["price"]["anyOf"].append({"type": "string"}),
    "words of explanation": lambda new: new.update(description="better", title="Better"),
    "a definition renamed": lambda new: (
        new["$defs"].update(State=new["$defs"].pop("Status")),
        new["properties"].update(status={"$ref": "#/$defs/State"}),
    ),
}

BREAKING: dict[str, tuple[Callable[[Schema], object], str]] = {
    "a new required field": (
        lambda new: (new["properties"].update(extra={"type": "string"}), new["required"].append("extra")),
        "/extra: became required",
    ),
    "an optional field became required": (lambda new: new["required"].append("count"), "/count: became required"),
    "a removed enumeration value": (
        lambda new: new["$defs"]["Status"]["enum"].remove("closed"), "/status: the value 'closed' is gone",
    ),
    "an open field became an enumeration": (
        lambda new: new["properties"]["any_word"].update(enum=["x"]), "/any_word: became an enumeration",
    ),
    "a constant": (lambda new: new["properties"]["any_word"].update(const="x"), "/any_word: became an enumeration"),
    "a number became an integer": (
        lambda new: new["properties"]["ratio"].update(type="integer"), "/ratio: type narrowed from number to integer",
    ),
    "another type": (
        lambda new: new["properties"]["count"].update(type="string"), "/count: type narrowed from integer to string",
    ),
    "no longer nullable": (
        lambda new: new["properties"].update(price={"$ref": "#/$defs/Money"}), "/price: type narrowed",
    ),
    "an alternative gone": (
        lambda new: new["properties"]["price"].update(anyOf=[{"type": "string"}, {"type": "null"}]),
        "/price: an alternative is gone",
    ),
    "a raised minimum": (lambda new: new["properties"]["count"].update(minimum=1), "/count: minimum rose to 1"),
    "a lowered maximum": (lambda new: new["properties"]["count"].update(maximum=9), "/count: maximum fell to 9"),
    "a new maximum": (lambda new: new["properties"]["ratio"].update(maximum=9), "/ratio: maximum fell to 9"),
    "another pattern": (
        lambda new: new["properties"]["word"].update(pattern="^b"), "/word: pattern changed to '^b'",
    ),
    "a new format": (
        lambda new: new["properties"]["any_word"].update(format="uuid"), "/any_word: format changed to 'uuid'",
    ),
    "a nested required field": (
        lambda new: (
            new["$defs"]["Money"]["properties"].update(tax={"type": "integer"}),
            new["$defs"]["Money"]["required"].append("tax"),
        ),
        "/price: an alternative is gone",
    ),
    "items narrowed": (
        lambda new: new["properties"]["tags"]["items"].update(pattern="^a"), "/tags[]: pattern changed",
    ),
    "unknown fields refused": (lambda new: new.update(additionalProperties=False), "unknown fields became refused"),
    "another topic": (lambda new: new.update({"x-topic": "u.v1"}), "x-topic changed"),
    "another key": (lambda new: new.update({"x-partition-key": "status"}), "x-partition-key changed"),
    "another subject": (lambda new: new.update({"x-subject": "status"}), "x-subject changed"),
    "a keyword without a rule": (lambda new: new["properties"]["tags"].update(contains={}), "no rule for contains"),
}  # fmt: skip


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED.keys())
def test_an_allowed_change_passes(change: Callable[[Schema], object]) -> None:
    new = deepcopy(OLD)
    change(new)
    assert incompatibilities(OLD, new) == []


@pytest.mark.parametrize(("change", "problem"), BREAKING.values(), ids=BREAKING.keys())
def test_a_breaking_change_is_caught(change: Callable[[Schema], object], problem: str) -> None:
    new = deepcopy(OLD)
    change(new)
    assert any(problem in found for found in incompatibilities(OLD, new)), incompatibilities(OLD, new)


@pytest.mark.parametrize("name", EVENT_CLASSES)
def test_the_rule_knows_every_keyword_that_our_classes_use(name: str) -> None:
    schema = schema_of(EVENT_CLASSES[name])
    assert incompatibilities(schema, deepcopy(schema)) == []
    assert forward_incompatibilities(schema, deepcopy(schema)) == []


BACKWARD_ALONE: dict[str, str] = {
    "a field no longer required": "/status: is no longer certain to be there, and old readers require it",
    "a new enumeration value": "/status: the value 'retired' is new, and old readers refuse what they do not know",
    "an enumeration opened": "/status: is an enumeration no longer, and old readers know its values alone",
    "an integer became a number": "/count: type widened from integer to number",
    "a wider range": "/count: minimum fell below 0, which old readers ask for",
    "a bound dropped": "/count: minimum fell below 0, which old readers ask for",
    "a pattern dropped": "/word: pattern '^a', which old readers ask for, is kept no longer",
    "became nullable": "/ratio: type widened from number to null",
    "one more alternative": "/price: an alternative is new, and old readers refuse it",
}
"""What new readers can live with and old ones cannot, among the changes above."""


@pytest.mark.parametrize("name", ALLOWED)
def test_a_change_that_new_readers_can_live_with_is_held_against_old_ones_too(name: str) -> None:
    new = deepcopy(OLD)
    ALLOWED[name](new)
    found = forward_incompatibilities(OLD, new)
    assert any(BACKWARD_ALONE[name] in problem for problem in found) if name in BACKWARD_ALONE else not found, found


FORWARD_BREAKING: dict[str, tuple[Callable[[Schema], object], str]] = {
    "a required field dropped": (
        lambda new: (new["properties"].pop("status"), new["required"].remove("status")),
        "/status: is no longer certain to be there, and old readers require it",
    ),
    "another type": (
        lambda new: new["properties"]["count"].update(type="string"), "/count: type widened from integer to string",
    ),
    "a raised maximum": (
        lambda new: new["properties"]["count"].update(maximum=11),
        "/count: maximum rose above 10, which old readers ask for",
    ),
    "a nested field no longer required": (
        lambda new: new["$defs"]["Money"]["required"].remove("currency"), "/price: an alternative is new",
    ),
    "another topic": (lambda new: new.update({"x-topic": "u.v1"}), "x-topic changed"),
    "a keyword without a rule": (lambda new: new["properties"]["tags"].update(contains={}), "no rule for contains"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "problem"), FORWARD_BREAKING.values(), ids=FORWARD_BREAKING.keys())
def test_a_change_that_breaks_old_readers_is_caught(change: Callable[[Schema], object], problem: str) -> None:
    new = deepcopy(OLD)
    change(new)
    assert any(problem in found for found in forward_incompatibilities(OLD, new)), forward_incompatibilities(OLD, new)


def test_old_readers_that_refuse_unknown_fields_get_none() -> None:
    old, new = deepcopy(OLD), deepcopy(OLD)
    old["additionalProperties"] = new["additionalProperties"] = False
    new["properties"]["extra"] = {"type": "string"}
    assert incompatibilities(old, new) == []
    assert forward_incompatibilities(old, new) == ["/extra: is new and old readers refuse unknown fields"]


def opened(*values: str) -> Schema:
    status = {"type": "string", "title": "Status", "pattern": "^[a-z]+$", "x-extensible-enum": list(values)}
    return {"type": "object", "properties": {"status": status}}


def closed(*values: str) -> Schema:
    return {"type": "object", "properties": {"status": {"type": "string", "title": "Status", "enum": list(values)}}}


def test_a_value_is_added_to_an_open_enumeration_in_both_directions() -> None:
    old, new = opened("open", "closed"), opened("open", "closed", "retired")
    assert incompatibilities(old, new) == []
    assert forward_incompatibilities(old, new) == []


def test_a_value_never_leaves_an_open_enumeration() -> None:
    old, new = opened("open", "closed"), opened("open")
    assert incompatibilities(old, new) == ["/status: the value 'closed' is gone"]


def test_an_open_enumeration_is_never_closed() -> None:
    old, new = opened("open", "closed"), closed("open", "closed")
    assert incompatibilities(old, new) == ["/status: became an enumeration"]
    narrower = opened("open", "closed")
    narrower["properties"]["status"]["pattern"] = "^(open|closed)$"
    assert incompatibilities(old, narrower) == ["/status: pattern changed to '^(open|closed)$'"]


def test_a_closed_enumeration_is_opened_as_it_is() -> None:
    old, new = closed("open", "closed"), opened("open", "closed")
    assert incompatibilities(old, new) == []
    assert forward_incompatibilities(old, new) == []
    assert incompatibilities(closed("OPEN"), opened("OPEN")) == ["/status: pattern changed to '^[a-z]+$'"]


def test_a_new_value_is_poison_to_readers_of_a_closed_enumeration() -> None:
    old, new = closed("open"), opened("open", "retired", "lost")
    problems = [
        f"/status: the value {value!r} is new, and old readers refuse what they do not know"
        for value in ("retired", "lost")
    ]
    assert forward_incompatibilities(old, new) == problems
    assert forward_incompatibilities(old, new, accepted={("Status", "retired")}) == problems[1:]
