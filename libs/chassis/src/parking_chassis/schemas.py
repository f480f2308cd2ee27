"""The conventions of requests and answers: unknown fields are refused, and so is what no database can keep."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, field_validator

from parking_chassis.problems import invalid_field

NO_NUL = "must not contain the NUL character"  # PostgreSQL cannot keep it


class RequestBody(BaseModel):
    """A request's body: strict about what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @field_validator("*")
    @classmethod
    def _has_no_nul(cls, value: Any) -> Any:
        if isinstance(value, str) and "\0" in value:
            raise ValueError(NO_NUL)
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
