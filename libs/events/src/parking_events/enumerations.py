"""Open enumerations: what is published is one of the known values, what is read may be one that came later.

`status: Open[LotStatus]` reads a value that this release does not know as an `UnknownValue`, which keeps the text, so
that a newer producer is never a reason for a dead letter. The type checker sees `LotStatus | UnknownValue`: a consumer
that turns it into words of its own has to say what an unknown value means to it. No producer can publish one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

KNOWN_VALUES: Final = "x-extensible-enum"
"""The JSON Schema keyword that lists an open enumeration's known values, as Zalando's API guidelines have it."""

VALUE_PATTERN: Final = "^[a-z0-9][a-z0-9_]*$"
VALUE_LENGTH: Final = 64
"""What every value, known or not, looks like: free text, which could name a person, does not fit."""


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value of an enumeration that this release does not know, as a newer producer wrote it."""

    value: str

    def __str__(self) -> str:
        return self.value


class UnpublishableEvent(ValueError):
    """An event holds a value that is not in its contract: its owner alone may add one, and then knows it."""


class _OpenEnumeration:
    """Makes pydantic's schemas for `Open`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (enumeration,) = (part for part in get_args(source) if part is not UnknownValue)
        text = core_schema.str_schema(pattern=VALUE_PATTERN, max_length=VALUE_LENGTH)
        unknown = core_schema.json_or_python_schema(
            json_schema=core_schema.no_info_after_validator_function(UnknownValue, text),
            python_schema=core_schema.no_info_plain_validator_function(_refused),
            serialization=core_schema.plain_serializer_function_ser_schema(_written, info_arg=True),
        )
        return core_schema.union_schema(
            [handler(enumeration), unknown],
            mode="left_to_right",
            custom_error_type="enumeration",
            custom_error_message="Input should be a value of the enumeration",
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The definition of the enumeration itself, opened; it is the same wherever it is used."""
        reference: JsonSchemaValue = handler(schema)["anyOf"][0]
        definition = handler.resolve_ref_schema(reference)
        if "enum" in definition:
            definition |= {
                "pattern": VALUE_PATTERN,
                "maxLength": VALUE_LENGTH,
                KNOWN_VALUES: definition.pop("enum"),
            }
        return reference


_Enumeration = TypeVar("_Enumeration", bound=StrEnum)

Open = Annotated[_Enumeration | UnknownValue, _OpenEnumeration()]
"""The type of a field whose values may become more."""


def unknown_values_go_to(found: list[str]) -> dict[str, Any]:
    """The context of a serialization that notes the unknown values which it meets."""
    return {_NOTES: found}


_NOTES: Final = "unknown_values"


def _written(value: object, info: SerializationInfo) -> str:
    if not isinstance(value, UnknownValue):
        raise TypeError("a known value is written by the enumeration itself")
    notes: Sequence[str] | None = info.context and info.context.get(_NOTES)
    if isinstance(notes, list):
        notes.append(value.value)
    return value.value


def _refused(value: object) -> object:
    raise ValueError(f"{value!r} is no known value: only a reader may meet another")
