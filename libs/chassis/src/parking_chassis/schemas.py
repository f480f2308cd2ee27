"""The conventions of requests and answers: unknown fields are refused, and so is what no database can keep."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, field_validator

from parking_chassis.problems import invalid_field

NO_NUL = "must not contain the NUL character"  # PostgreSQL cannot keep it
NO_HALF = "must not contain half of a surrogate pair"  # UTF-8 cannot write it


def unstorable(text: str) -> str | None:
    """The rule that a text breaks which no database can keep, if any."""
    if "\0" in text:
        return NO_NUL
    if text.isascii():
        return None
    return NO_HALF if any("\ud800" <= character <= "\udfff" for character in text) else None


class RequestBody(BaseModel):
    """A request's body: strict about what it does not know, and its numbers are such as JSON has."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        if isinstance(value, str) and (rule := unstorable(value)):
            raise ValueError(rule)
        return value


class ResponseBody(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


async def refuse_nul(request: Request) -> None:
    """Raises a 422 problem for a NUL in the path or the query; bodies see to their own text."""
    if b"%00" not in request.scope["query_string"] and "\0" not in request.scope["path"]:
        return  # as nearly always, without taking anything apart
    for place, values in (("path", request.path_params.items()), ("query", request.query_params.multi_items())):
        for name, value in values:
            if "\0" in str(value):
                raise invalid_field(f"{place}/{name}", NO_NUL)
