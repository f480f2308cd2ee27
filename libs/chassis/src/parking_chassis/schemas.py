"""The conventions of request and answer bodies: unknown fields are refused, instants carry an offset."""

from pydantic import BaseModel, ConfigDict


class RequestBody(BaseModel):
    """A request's body: strict about what it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ResponseBody(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
