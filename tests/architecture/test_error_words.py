"""No mistake that a request of the six services can make is answered in the words of a library."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

import pytest
from checks import error_types
from fastapi._compat import ModelField
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from notification_service.entrypoints.http.messages import MESSAGES
from parking_chassis.error_words import NOT_VALID, RULES, rule_of

WORDS_OF_LIBRARIES = ("Input should", "Value error", "valid ", "Field required", "not permitted", "pattern", "validat")
ODD: list[Any] = [None, True, 7, -(10**400), 1.5, float("nan"), "", "?", "x" * 5000, "\n", "\ud800", [], ["?"], {}]
ODD += [{"?": 1}, [{}] * 2000, [[[]]], "2026-01-01T00:00:00", "99999999-99-99", "9" * 5000, 10**20]


def schemas() -> Iterator[Any]:
    for route in error_types.all_routes():
        yield from map(error_types.schema_of, error_types.fields(route))
    yield MESSAGES.core_schema


def mistakes(schema: Any) -> set[str]:
    return {each for part in error_types.parts(schema) for each in error_types.mistakes(part)}


def test_each_mistake_that_a_request_can_make_has_its_sentence() -> None:
    possible = {each for schema in schemas() for each in mistakes(schema)}
    assert {
        "missing",
        "extra_forbidden",
        "uuid_parsing",
        "string_pattern_mismatch",
        "enum",
        "finite_number",
    } <= possible
    assert possible - RULES.keys() == set()


def test_the_table_knows_no_mistake_that_there_is_not() -> None:
    assert RULES.keys() - error_types.all_types() == set()


def test_each_pattern_of_a_request_has_its_sentence() -> None:
    patterns = {part["pattern"] for schema in schemas() for part in error_types.parts(schema) if part.get("pattern")}
    assert "^[A-Z]{3}$" in patterns
    for pattern in patterns:
        error: Any = {"type": "string_pattern_mismatch", "loc": (), "msg": "", "input": "", "ctx": {"pattern": pattern}}
        assert rule_of(error) != NOT_VALID, pattern


def test_a_kind_of_field_that_nobody_thought_of_is_found() -> None:
    """What the tests above would miss without it."""

    class Wait(BaseModel):
        patience: timedelta

    class Word(BaseModel):
        word: Annotated[str, Field(pattern="^odd$")]

    with pytest.raises(KeyError, match="timedelta"):
        mistakes(TypeAdapter(Wait).core_schema)
    (part,) = [each for each in error_types.parts(TypeAdapter(Word).core_schema) if each.get("pattern")]
    error: Any = {"type": "string_pattern_mismatch", "loc": (), "msg": "", "input": "", "ctx": part}
    assert rule_of(error) == NOT_VALID


def odd_requests(schema: type[BaseModel]) -> Iterator[Any]:
    """Bodies with one odd value each, here or below."""
    yield from ODD
    for name, field in schema.model_fields.items():
        for model in models_in(field.annotation):
            for odd in odd_requests(model):
                yield {field.alias or name: odd}
                yield {field.alias or name: [odd]}
        yield from ({field.alias or name: odd} for odd in ODD)
        yield from ({field.alias or name: [odd]} for odd in ODD)
        yield from ({field.alias or name: [[odd, odd]]} for odd in ODD)


def odd_values(route: APIRoute, field: ModelField) -> Iterator[Any]:
    """A body may hold any JSON; a parameter comes as text."""
    models = list(models_in(field.field_info.annotation))
    if field is route.body_field:
        yield from ODD
        yield from (each for model in models for each in odd_requests(model))
        return
    names = [each.alias or name for model in models for name, each in model.model_fields.items()]
    for odd in (each for each in ODD if isinstance(each, str)):
        yield from (odd, [odd], *({name: odd} for name in names), *({name: [odd] * 50} for name in names))


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in getattr(annotation, "__args__", ()):
        yield from models_in(each)


@pytest.mark.parametrize("service", error_types.SERVICES)
def test_no_odd_value_is_answered_in_the_words_of_a_library(service: str) -> None:
    refused = 0
    for route in error_types.routes(service):
        for field in error_types.fields(route):
            for odd in odd_values(route, field):
                for said in sentences(field.validate(odd, {}, loc=("body",))[1]):
                    refused += 1
                    assert said != NOT_VALID, (route.path, odd)
                    assert not any(words in said for words in WORDS_OF_LIBRARIES), (route.path, said)
    assert refused > 30


def sentences(errors: list[Any]) -> set[str]:
    return {rule_of(each) for each in errors[:50]}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type":"x"}', '{"type":"subscribe"}', '{"type":"ping","a":1}'])
def test_no_odd_message_of_a_socket_is_answered_so_either(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        MESSAGES.validate_json(text)
    for said in sentences(refused.value.errors()):
        assert said != NOT_VALID
        assert not any(words in said for words in WORDS_OF_LIBRARIES), said
