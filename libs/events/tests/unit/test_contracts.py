"""What holds for every wire event, whichever service publishes it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Any, get_args
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from parking_events import EVENT_CLASSES, TOPICS, Cleanup, LotStatus, WireEvent, dead_letter_topic
from parking_events.enumerations import KNOWN_VALUES, Open, UnknownValue
from parking_events.schemas import schema_of
from parking_events.values import Money

pytestmark = pytest.mark.unit

PERSONAL = (
    "email", "e_mail", "mail_address", "phone", "mobile", "plate", "licence", "license", "birth", "gender",
    "ip_address", "full_name", "first_name", "last_name", "surname", "user_name", "username", "display_name",
    "password", "street", "token", "card", "iban", "vehicle", "free_text", "comment", "message", "body", "subject_line",
)  # fmt: skip
NAMED_THINGS = {"LotState", "OrganizationState"}
"""The only states with a `name`: a car park's and a firm's."""

SAMPLES = {
    "uuid": "0197f1a0-0000-7000-8000-000000000001",
    "date-time": "2026-05-04T10:00:00+02:00",
    "date": "2026-05-04",
}


def models(event_class: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield event_class
    for field in event_class.model_fields.values():
        for part in nested(field.annotation):
            yield from models(part)


def nested(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from nested(argument)


def sample(event_class: type[WireEvent]) -> dict[str, Any]:
    """The smallest document that the schema accepts."""
    document = schema_of(event_class)
    event = {name: value(document, document["properties"][name]) for name in document["required"]}
    if event_class.event_type == "parking.ledger.posted.v1":
        event["postings"] = [{"account": "cash", "amount": 5}, {"account": "revenue", "amount": -5}]
    return event


def value(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    if "$ref" in schema:
        schema = document["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if KNOWN_VALUES in schema:
        return schema[KNOWN_VALUES][0]
    if schema["type"] == "object":
        return {name: value(document, schema["properties"][name]) for name in schema.get("required", ())}
    if schema["type"] == "string":
        return "EUR" if "A-Z]{3}" in schema.get("pattern", "") else SAMPLES.get(schema.get("format", ""), "sample")
    return {"array": [], "boolean": True, "integer": 1, "number": 1}[schema["type"]]


ALL = pytest.mark.parametrize("event_class", EVENT_CLASSES.values(), ids=EVENT_CLASSES.keys())


@ALL
def test_no_field_can_hold_personal_data(event_class: type[WireEvent]) -> None:
    for model in models(event_class):
        for name in model.model_fields:
            assert not any(word in name for word in PERSONAL), f"{model.__name__}.{name}"
            if name == "name":
                assert {base.__name__ for base in model.__mro__} & NAMED_THINGS, f"{model.__name__}.name"


def test_the_rule_on_personal_data_finds_some() -> None:
    assert any(word in "vehicle_plate" for word in PERSONAL)
    assert any(word in "contact_email" for word in PERSONAL)


@ALL
def test_type_topic_and_class_agree(event_class: type[WireEvent]) -> None:
    prefix, aggregate, verb, major = event_class.event_type.split(".")
    assert (prefix, major) == ("parking", event_class.topic.name.rsplit(".", 1)[1])
    camel = "".join(part.title() for part in f"{aggregate}_{verb}".split("_"))
    assert event_class.__name__ == f"{camel}V1"
    assert TOPICS[event_class.topic.name] is event_class.topic


@ALL
def test_reading_back_what_was_written(event_class: type[WireEvent]) -> None:
    event = event_class.model_validate_json(json_of(sample(event_class)))
    assert event_class.from_json(event.to_json()) == event
    assert UUID(event.subject)
    assert UUID(event.partition_key)


@ALL
def test_unknown_fields_are_ignored_and_naive_times_refused(event_class: type[WireEvent]) -> None:
    document = sample(event_class)
    event_class.from_json(json_of({**document, "added_by_a_newer_producer": {"a": 1}}))
    for name, schema in schema_of(event_class)["properties"].items():
        if schema.get("format") == "date-time":
            with pytest.raises(ValidationError, match="timezone"):
                event_class.from_json(json_of({**document, name: "2026-05-04T10:00:00"}))


@ALL
def test_events_are_frozen_and_strict(event_class: type[WireEvent]) -> None:
    event = event_class.from_json(json_of(sample(event_class)))
    with pytest.raises(ValidationError, match="frozen"):
        event.version = 2
    with pytest.raises(ValidationError, match="version"):
        event_class.from_json(json_of({**sample(event_class), "version": "1"}))
    with pytest.raises(ValidationError, match="version"):
        event_class.from_json(json_of({**sample(event_class), "version": 0}))


@ALL
def test_a_reason_is_a_code(event_class: type[WireEvent]) -> None:
    with pytest.raises(ValidationError, match="reason"):
        event_class.from_json(json_of({**sample(event_class), "reason": "Mr Smith rang us"}))


@ALL
def test_no_field_of_ours_is_closed(event_class: type[WireEvent]) -> None:
    assert [closed for model in models(event_class) for closed in closed_fields(model)] == []


def test_a_closed_field_is_found() -> None:
    class Roof(BaseModel):
        slope: Open[LotStatus]
        tiles: tuple[Open[LotStatus] | None, ...]
        colour: LotStatus
        colours: dict[str, tuple[LotStatus | None, ...]]

    assert list(closed_fields(Roof)) == ["Roof.colour", "Roof.colours"]


def closed_fields(model: type[BaseModel]) -> Iterator[str]:
    """The fields that hold an enumeration which is not open."""
    return (f"{model.__name__}.{name}" for name, field in model.model_fields.items() if is_closed(field.annotation))


def is_closed(annotation: Any) -> bool:
    parts = get_args(annotation)
    if UnknownValue in parts:
        return False
    return any(is_closed(part) for part in parts) or (isinstance(annotation, type) and issubclass(annotation, StrEnum))


def test_money_is_whole_minor_units() -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": 12.5, "currency": "EUR"})
    with pytest.raises(ValidationError):
        Money(amount=1, currency="eur")


def test_a_ledger_entry_balances() -> None:
    event_class = EVENT_CLASSES["parking.ledger.posted.v1"]
    document = sample(event_class)
    document["postings"][0]["amount"] = 6
    with pytest.raises(ValidationError, match="add up to zero"):
        event_class.from_json(json_of(document))


def test_a_type_has_one_class() -> None:
    taken = EVENT_CLASSES["parking.lot.created.v1"]
    with pytest.raises(TypeError, match="already the type of"):
        type("Twin", (taken,), {"event_type": taken.event_type, "__module__": __name__})


def test_key_and_subject_are_fields() -> None:
    state = EVENT_CLASSES["parking.lot.created.v1"].__mro__[1]
    namespace = {"event_type": "parking.lot.lost.v1", "subject_field": "lot", "__module__": __name__}
    with pytest.raises(TypeError, match="has no field lot"):
        type("LotLostV1", (state,), namespace)
    assert "parking.lot.lost.v1" not in EVENT_CLASSES


def test_the_catalogue_keeps_tables_and_ledgers_permanently() -> None:
    for topic in TOPICS.values():
        service, _, major = topic.name.split(".")
        assert topic.owner in {service, None}
        assert major == "v1"
        if topic.cleanup is Cleanup.COMPACT:
            assert topic.retention is None
    kept = {name for name, topic in TOPICS.items() if topic.cleanup is Cleanup.DELETE and topic.retention is None}
    assert kept == {
        "reservation.reservation.v1", "payment.payment.v1", "payment.ledger-entry.v1", "payment.invoice.v1",
    }  # fmt: skip
    assert TOPICS["auth.session.v1"].retention == timedelta(days=7)
    assert TOPICS["auth.session.v1"].configuration == {"cleanup.policy": "delete", "retention.ms": "604800000"}
    assert dead_letter_topic("payment.refunds").name == "payment.refunds.dlq"


def json_of(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()
