"""The conventions of requests and answers: unknown fields are refused, and so is what no database can keep."""

import json
import re
from collections.abc import Iterable
from typing import Annotated, Any, Final

from fastapi import Request
from fastapi.params import Form
from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, StringConstraints, field_validator
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from parking_chassis.error_words import pattern
from parking_chassis.invalid_requests import NAMED_TWICE, TOO_DEEP, named_twice
from parking_chassis.problems import invalid_field, unsupported_media_type
from parking_chassis.unknown_queries import refuse_unknown_query

NO_NUL = "must not contain the NUL character"  # PostgreSQL cannot keep it
NO_HALF = "must not contain half of a surrogate pair"  # UTF-8 cannot write it

# Without `\p{Cc}`, which is the same but for the line separators, and which many readers of the document do not know.
CONTROLS: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
ONE_LINE: Final = pattern(rf"^[^{CONTROLS}]*$", "must be one line, without control characters such as a line break")
LINES: Final = pattern(
    r"^(?:[^\x00-\x1f\x7f-\x9f]|[\t\r\n])*$", "must not contain control characters other than tabs and line breaks"
)
CURRENCY: Final = pattern("^[A-Z]{3}$", "must be a currency of ISO 4217 in capital letters, such as EUR")
JSON: Final = "application/json"

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


def open_words(words: Iterable[str]) -> JsonDict:
    """What the document says of a text that is one of these words, where a later version may know more of them.

    An `enum` would promise that there are no others.
    """
    return {"x-extensible-enum": [*words]}


class RequestBody(BaseModel):
    """A request's body: strict about what it does not know, and its numbers are such as JSON has."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _can_be_stored(cls, value: Any) -> Any:
        if isinstance(value, str) and (rule := unstorable(value)):
            raise ValueError(rule)
        return value


class WithoutShownDefaults(RequestBody):
    """A body, or a part of one, whose document shows no defaults.

    A reader of the document that fills them in would change what nobody meant to change.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """See pydantic."""
        document = handler.resolve_ref_schema(handler(schema))
        for field in document.get("properties", {}).values():
            field.pop("default", None)
        return document


class PatchBody(WithoutShownDefaults):
    """The body of a PATCH: what is left out stays as it is. Its parts must show no defaults either."""


class ResponseBody(BaseModel):
    """An answer's body."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


async def check_request(request: Request) -> None:
    """What FastAPI does not look at, in one dependency, since each of them costs a hot path.

    Raises a 422 problem for a query parameter that the request does not have, for a NUL in path or query, and for a
    body that names a field more than once; a 415 problem for a body that is not said to be JSON. Bodies see to their
    own fields and texts.
    """
    query = request.scope["query_string"]
    if b"%00" in query or "\0" in request.scope["path"]:
        _refuse_nul(request)
    if query:
        refuse_unknown_query(request)
    body_field = request.scope["route"].body_field
    if body_field is not None and not isinstance(body_field.field_info, Form):
        _check_json(request.headers.get("content-type"), await request.body())


def _check_json(media_type: str | None, body: bytes) -> None:
    if not body:
        return
    if media_type != JSON and not _is_json(media_type or ""):
        raise unsupported_media_type(media_type, JSON)
    try:
        json.loads(body, object_pairs_hook=_unique)
    except _NamedTwice as error:
        raise invalid_field(named_twice(body), NAMED_TWICE) from error
    except RecursionError as error:
        raise invalid_field("/", TOO_DEEP) from error


def _is_json(media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    return kind == JSON or (kind.startswith("application/") and kind.endswith("+json"))


class _NamedTwice(Exception):
    """Readers of JSON differ in which of two values counts."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise _NamedTwice
    return values


def _refuse_nul(request: Request) -> None:
    for place, values in (("path", request.path_params.items()), ("query", request.query_params.multi_items())):
        for name, value in values:
            if "\0" in str(value):
                raise invalid_field(f"{place}/{name}", NO_NUL)
