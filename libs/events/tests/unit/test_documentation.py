"""Every property has a description, every event an example; what lacks one is found."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from parking_events import EVENT_CLASSES, TOPICS, WireEvent, asyncapi, schemas
from parking_events.documentation import gaps
from parking_events.enumerations import Open
from parking_events.topics import LOT, Topic

pytestmark = pytest.mark.unit

ALL = pytest.mark.parametrize("event_class", EVENT_CLASSES.values(), ids=EVENT_CLASSES.keys())


@ALL
def test_everything_is_said(event_class: type[WireEvent]) -> None:
    assert gaps(schemas.schema_of(event_class)) == []


@ALL
def test_the_example_fits_the_schema(event_class: type[WireEvent]) -> None:
    schema = schemas.schema_of(event_class)
    (example,) = schema["examples"]
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(example)


@ALL
def test_the_example_is_an_event_as_it_is_published(event_class: type[WireEvent]) -> None:
    example = schemas.example_of(event_class)
    event = event_class.from_json(json.dumps(example).encode())
    assert json.loads(event.to_json()) == example


class _Colour(StrEnum):
    """What it looks like."""

    RED = "red"


class _Material(StrEnum):
    """What it is made of."""

    TIN = "tin"


class _Roof(BaseModel):
    """What keeps the rain off."""

    material: _Material
    pitch: int = Field(description="In degrees.")


class _ShedState(WireEvent):
    """A shed."""

    topic: ClassVar[Topic] = LOT
    partition_key_field: ClassVar[str] = "shed_id"
    subject_field: ClassVar[str] = "shed_id"

    shed_id: UUID
    colour: Open[_Colour] = Field(description="What it looks like from outside.")
    roofs: tuple[_Roof, ...] = Field(default=(), description="What is above.")
    back: _Roof | None = None


def test_the_page_to_consume_by_has_the_catalogue_s_topics() -> None:
    page = (schemas.SCHEMAS.parent / "README.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `") and line.count("|") == 5]
    assert rows == [
        f"| `{topic.name}` | {topic.key} | {topic.cleanup.value} | {kept(topic)} |"
        for topic in TOPICS.values()
        if topic.owner
    ]
    silent = {topic.name for topic in TOPICS.values() if topic.owner} - {
        event_class.topic.name for event_class in EVENT_CLASSES.values()
    }
    (line,) = (line for line in page.splitlines() if line.endswith("have no events yet."))
    assert set(line.split("`")[1::2]) == silent
    headers = asyncapi.document()["components"]["schemas"]["CloudEventHeaders"]["required"]
    assert all(f"`{name}`" in page for name in headers if name not in {"ce_specversion", "content-type"})


def test_an_event_of_a_topic_holds_the_whole_state_of_one_kind_of_subject() -> None:
    """So a copy of the state needs no types. The page to consume by names the topic of which this is not true."""
    subjects: dict[str, set[str]] = {}
    for event_class in EVENT_CLASSES.values():
        subjects.setdefault(event_class.topic.name, set()).add(event_class.subject_field)
    assert [name for name, fields in subjects.items() if len(fields) > 1] == ["parking.occupancy.v1"]


def kept(topic: Topic) -> str:
    return "permanently" if topic.retention is None else f"{topic.retention.days} days"


def test_what_is_not_said_is_found() -> None:
    assert gaps(schemas.schema_of(_ShedState)) == [
        "/: has no example",
        "_Material: is a closed enumeration; its type is `Open[…]`",
        "_Roof/material: has no description of its own",
        "/shed_id: has no description of its own",
        "/back: has no description of its own",
    ]


def test_types_are_explained_too() -> None:
    schema: dict[str, Any] = {"$defs": {"Roof": {"type": "object"}}, "examples": [{}]}
    assert gaps(schema) == ["/: has no description", "Roof: has no description"]
    inline = {"description": "x", "examples": [{}], "properties": {"a": {"description": "b", "items": {"enum": ["x"]}}}}
    assert gaps(inline) == ["/a[]: is a closed enumeration; its type is `Open[…]`"]


def test_the_check_reports_what_is_not_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the examples, every event lacks one."""
    monkeypatch.setattr(schemas, "EXAMPLES", tmp_path)
    assert schemas.undocumented() == [f"{name}: /: has no example" for name in sorted(EVENT_CLASSES)]


def test_a_faulty_example_is_reported(tmp_path: Path) -> None:
    for path in schemas.EXAMPLES.glob("*.json"):
        (tmp_path / path.name).write_text(path.read_text())
    assert schemas.faulty_examples(tmp_path) == []
    spoil(tmp_path / "parking.lot.created.v1.json", status="haunted")
    spoil(tmp_path / "parking.lot.updated.v1.json", colour="red")
    spoil(tmp_path / "parking.lot.closed.v1.json", total_spots=-1)
    (tmp_path / "parking.lot.lost.v1.json").write_text("{}")
    found = schemas.faulty_examples(tmp_path)
    assert [problem.split(":")[0] for problem in found] == [
        *("parking.lot.closed.v1.json", "parking.lot.created.v1.json"),
        *("parking.lot.lost.v1.json", "parking.lot.updated.v1.json"),
    ]
    assert "total_spots" in found[0]
    assert "parking.lot.created.v1 does not know haunted" in found[1]


def test_writing_examples_adds_what_a_class_got(tmp_path: Path) -> None:
    name = "parking.lot.created.v1.json"
    original = (schemas.EXAMPLES / name).read_text()
    (tmp_path / name).write_text(original)
    document = json.loads(original)
    del document["photos"]
    (tmp_path / name).write_text(json.dumps(document))
    assert schemas.faulty_examples(tmp_path) == [
        f"{name}: not as it is published; run `python -m parking_events.schemas write`"
    ]
    schemas.write_examples(tmp_path)
    assert (tmp_path / name).read_text() == original


def spoil(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_asyncapi_document_shows_and_explains_it() -> None:
    document = asyncapi.document()
    headers = document["components"]["schemas"]["CloudEventHeaders"]
    for message in document["components"]["messages"].values():
        (example,) = message["examples"]
        assert example["payload"] == schemas.example_of(EVENT_CLASSES[message["name"]])
        Draft202012Validator(headers).validate(example["headers"])
    assert all(header["description"] for header in headers["properties"].values())
    assert "x-extensible-enum" in document["info"]["description"]
    assert "every released version" in document["info"]["description"]
