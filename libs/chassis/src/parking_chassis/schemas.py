"""The conventions of requests and answers: unknown fields are refused, and so is what no database can keep."""

import re
from typing import Annotated, Any, Final

from fastapi import Request
from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, StringConstraints, field_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from parking_chassis.problems import invalid_field
from parking_chassis.unknown_queries import refuse_unknown_query

NO_NUL = "must not contain the NUL character"  # PostgreSQL cannot keep it
NO_HALF = "must not contain half of a surrogate pair"  # UTF-8 cannot write it

# Without `\p{Cc}`, which is the same but for the line separators, and which many readers of the document do not know.
CONTROLS: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
ONE_LINE: Final = rf"^[^{CONTROLS}]*$"
LINES: Final = r"^(?:[^\x00-\x1f\x7f-\x9f]|[\t\r\n])*$"

Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=ONE_LINE)]
"""A free text without control characters and line breaks: names, addresses, reasons. They go into mails' headers, logs,
invoices and terminals, where a line break begins something else. Every free text of a request is this, or `Lines`."""

Lines = Annotated[str, StringConstraints(strip_whitespace=True, pattern=LINES)]
"""A free text of several lines, without other control characters."""


def is_one_line(text: str) -> bool:
    """Whether a text is such as a `Line` has it."""
    return re.fullmatch(ONE_LINE, text) is not None


def as_one_line(text: str) -> str:
    """A text for which nobody can be asked again, such as a header: without what a `Line` does not have."""
    return re.sub(f"[{CONTROLS}]", "", text).strip()


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


class PatchBody(RequestBody):
    """The body of a PATCH: what is left out stays as it is.

    So the document shows no defaults: a reader of it that fills them in would change what nobody meant to change.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """See pydantic."""
        document = handler.resolve_ref_schema(handler(schema))
        for field in document.get("properties", {}).values():
            field.pop("default", None)
        return document


class ResponseBody(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


async def check_parameters(request: Request) -> None:
    """Raises a 422 problem for a query parameter that the request does not have, and for a NUL in path or query.

    Bodies see to their own fields and texts.
    """
    query = request.scope["query_string"]
    if b"%00" in query or "\0" in request.scope["path"]:
        _refuse_nul(request)
    if query:
        refuse_unknown_query(request)


def _refuse_nul(request: Request) -> None:
    for place, values in (("path", request.path_params.items()), ("query", request.query_params.multi_items())):
        for name, value in values:
            if "\0" in str(value):
                raise invalid_field(f"{place}/{name}", NO_NUL)
