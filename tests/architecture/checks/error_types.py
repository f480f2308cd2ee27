"""Which kinds of mistakes a request of the six services can make, as pydantic's own schemas of them say."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import APIRouter
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic_core import core_schema

SERVICES: Final = ("auth", "parking", "reservation", "payment", "notification", "analytics")
_BOUNDS: Final = {
    "ge": "greater_than_equal",
    "gt": "greater_than",
    "le": "less_than_equal",
    "lt": "less_than",
    "multiple_of": "multiple_of",
    "max_digits": "decimal_max_digits",
    "decimal_places": "decimal_max_places",
}
_OBJECT: Final = ("model_type", "model_attributes_type", "missing", "extra_forbidden")
_MANY: Final = ("too_short", "too_long")
_DATE: Final = ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact")
_INSTANT: Final = (
    *("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid"),
    *("timezone_aware", "timezone_offset"),
)
_TEXT: Final = ("string_type", "string_unicode", "string_too_short", "string_too_long", "string_pattern_mismatch")
_OWN: Final = ("value_error", "assertion_error")

MISTAKES: Final[Mapping[str, tuple[str, ...]]] = {
    "model": _OBJECT,
    "model-fields": _OBJECT,
    "typed-dict": _OBJECT,
    "dict": ("dict_type", *_MANY),
    "list": ("list_type", *_MANY),
    "tuple": ("tuple_type", "missing", *_MANY),
    "set": ("set_type", *_MANY),
    "frozenset": ("frozen_set_type", *_MANY),
    "str": _TEXT,
    "bool": ("bool_type", "bool_parsing"),
    "int": ("int_type", "int_parsing", "int_parsing_size", "int_from_float", "finite_number"),
    "float": ("float_type", "float_parsing", "finite_number"),
    "decimal": ("decimal_type", "decimal_parsing", "decimal_whole_digits", "finite_number"),
    "literal": ("literal_error",),
    "enum": ("enum",),
    "uuid": ("uuid_type", "uuid_parsing", "uuid_version"),
    "date": _DATE,
    "datetime": _INSTANT,
    "function-before": _OWN,
    "function-after": _OWN,
    "function-wrap": _OWN,
    "function-plain": _OWN,
    "tagged-union": ("union_tag_not_found", "union_tag_invalid"),
    # What stands around others adds no mistake of its own.
    **dict.fromkeys(
        (
            *("nullable", "default", "definitions", "definition-ref", "union", "chain", "any", "none"),
            *("json-or-python", "lax-or-strict", "model-field", "typed-dict-field"),
        ),
        (),
    ),
}
"""By the type of a part of pydantic's schema: the types of the errors that it raises for what a request can hold."""


def all_routes() -> Iterator[APIRoute]:
    """Of all services."""
    for service in SERVICES:
        yield from routes(service)


def routes(service: str) -> Iterator[APIRoute]:
    """Of a service."""
    package = importlib.import_module(f"{service}_service.entrypoints.http")
    for module in pkgutil.iter_modules(package.__path__):
        router = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "router", None)
        if isinstance(router, APIRouter):
            yield from (route for route in router.routes if isinstance(route, APIRoute))


def fields(route: APIRoute) -> Iterator[ModelField]:
    """What a request of the route is made of: its body and its parameters."""
    if route.body_field:
        yield route.body_field
    yield from _parameters(route.dependant)


def _parameters(dependant: Dependant) -> Iterator[ModelField]:
    yield from dependant.path_params
    yield from dependant.query_params
    yield from dependant.header_params
    yield from dependant.cookie_params
    for each in dependant.dependencies:
        yield from _parameters(each)


def schema_of(field: ModelField) -> Any:
    """Pydantic's own schema of what a field may hold."""
    return field._type_adapter.core_schema


def parts(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Each part of a schema that checks something."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("type"), str):
            yield schema
        for name, each in schema.items():
            if "custom_error_type" in schema:  # it stands for those of what is within
                break
            if name not in {"metadata", "serialization", "expected", "default", "function"}:
                yield from parts(each)
    elif isinstance(schema, list | tuple):
        for each in schema:
            yield from parts(each)


def mistakes(part: Mapping[str, Any]) -> Iterator[str]:
    """The types of the errors that a part raises. Raises KeyError for a kind of part that is not in the table."""
    if named := part.get("custom_error_type"):
        yield named
        return
    yield from MISTAKES[part["type"]]
    yield from (name for bound, name in _BOUNDS.items() if bound in part)


def all_types() -> frozenset[str]:
    """Of every error that pydantic has."""
    return frozenset(core_schema.ErrorType.__args__)
