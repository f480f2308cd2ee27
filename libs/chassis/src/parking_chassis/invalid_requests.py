"""Where a request is wrong, and what is wrong there, of what the libraries found in it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, NamedTuple, cast, get_args

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from starlette.formparsers import MultiPartException

from parking_chassis.error_words import rule_of

type Location = Sequence[str | int]

MOST_ERRORS: Final = 100
"""Named in one answer: a body of a mebibyte could make a hundred thousand mistakes."""
LONGEST_NAME: Final = 64  # that is compared with those which are known
LIKENESS: Final = 0.7  # of what is a slip of the pen; `colour` is none of `hourly_rate`
BODY_REQUIRED: Final = "is required: send a JSON object"
NO_FORM: Final = "must be a form whose parts are whole"
TOO_DEEP: Final = "is nested too deeply"
TOO_MANY_DIGITS: Final = "must be JSON whose numbers have fewer digits"
NOT_UTF_8: Final = "must be JSON in UTF-8"
NAMED_TWICE: Final = "is named more than once"
_SYNTAX: Final[Mapping[str, str]] = {
    "Expecting value": "here a value is missing",
    "Expecting property name enclosed in double quotes": "here a name in double quotes is missing",
    "Expecting ',' delimiter": "here a comma or an end is missing",
    "Expecting ':' delimiter": "here a colon is missing",
    "Extra data": "nothing may follow its end",
    "Unterminated string starting at": "a string begins here and does not end",
    "Invalid control character at": "a string holds a control character that is not escaped",
    "Invalid \\escape": "a backslash begins no escape that JSON has",
    "Invalid \\uXXXX escape": "four hexadecimal digits follow a \\u",
    "Illegal trailing comma before end of object": "no comma stands before an end",
    "Illegal trailing comma before end of array": "no comma stands before an end",
}


def pointer_of(location: Location) -> str:
    """Where a wrong value stands: a JSON pointer into the body, or `query/<name>`, `path/<name>`, `header/<name>`."""
    # An answer is in UTF-8, which cannot write half of a surrogate pair.
    place, *names = (str(part).encode(errors="replace").decode() for part in location)
    if place == "body":
        return "/" + "/".join(name.replace("~", "~0").replace("/", "~1") for name in names)
    return "/".join([place, *names])


def errors_of(error: RequestValidationError, body_model: object) -> list[dict[str, str]]:
    """Pointer and rule of each mistake, up to `MOST_ERRORS` of them, in the request's own names.

    `body_model` is the annotation of its body.
    """
    named = [_error(each, error.body, body_model) for each in error.errors()[:MOST_ERRORS]]
    # Branches of a union that fail alike say so once.
    return list({(each["pointer"], each["detail"]): each for each in named}.values())


def _error(error: ErrorDetails, body: object, body_model: object) -> dict[str, str]:
    place, *inside = error["loc"]
    if error["type"] == "json_invalid":
        return {"pointer": "/", "detail": _malformed(str(body), int(inside[0]), str(error.get("ctx", {})["error"]))}
    if place != "body":
        return {"pointer": pointer_of(error["loc"]), "detail": rule_of(error)}
    location = _within(inside, body, is_absent=error["type"] == "missing")
    rule = rule_of(error)
    if not location and error["type"] == "missing":
        rule = BODY_REQUIRED
    if error["type"] == "extra_forbidden":
        *holder, name = location
        rule += meant(str(name), _fields(_models(body_model, holder)))
    return {"pointer": pointer_of(["body", *location]), "detail": rule}


def meant(name: str, known: Iterable[str]) -> str:
    """What may have been meant by a name that is not known."""
    if len(name) > LONGEST_NAME:
        return ""
    return "".join(f"; is {each} meant?" for each in get_close_matches(name, list(known), 1, LIKENESS))


def _within(location: Location, body: object, *, is_absent: bool) -> list[str | int]:
    """The location without the names that pydantic gives to branches of a union and to validators: no part of it."""
    found: list[str | int] = []
    for position, part in enumerate(location):
        children = _children(body)
        if isinstance(children, Mapping) and part in children:
            body = children[part]
        elif isinstance(children, list) and isinstance(part, int):
            body = children[part] if part < len(children) else None  # of a tuple that is too short
        elif not (is_absent and position == len(location) - 1):
            continue
        found.append(part)
    return found


def _children(value: object) -> Mapping[str | int, object] | list[object]:
    if isinstance(value, Mapping):
        return cast("Mapping[str | int, object]", value)
    return cast("list[object]", value) if isinstance(value, list) else []


def _models(annotation: object, location: Location) -> list[type[BaseModel]]:
    """The models that can stand at a place of a body."""
    models = list(_models_in(annotation))
    for part in location:
        if isinstance(part, str):
            fields = [(model, name) for model in models for name in _named(model, part)]
            models = [each for model, name in fields for each in _models_in(model.model_fields[name].annotation)]
    return models


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _models_in(each)


def _named(model: type[BaseModel], alias: str) -> Iterator[str]:
    return (name for name, field in model.model_fields.items() if alias == (field.alias or name))


def _fields(models: Sequence[type[BaseModel]]) -> Iterator[str]:
    return (field.alias or name for model in models for name, field in model.model_fields.items())


def _malformed(text: str, position: int, found: str) -> str:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    what = _SYNTAX.get(found, "here it is malformed")
    return f"is no JSON: line {line}, column {column}: {what}"


def unreadable(cause: BaseException | None) -> str | None:
    """The rule that a body breaks which could not be read at all, by what its reader ended with."""
    if isinstance(cause, MultiPartException):
        return NO_FORM
    if isinstance(cause, UnicodeDecodeError):
        return NOT_UTF_8
    if isinstance(cause, RecursionError):
        return TOO_DEEP
    return TOO_MANY_DIGITS if isinstance(cause, ValueError) else None


def first_repeated(names: Iterable[str]) -> str:
    """The first of the names that come again: each is looked at once, since a body of a mebibyte can have 100 000."""
    return next(name for name, count in Counter(names).items() if count > 1)


class _Twice(dict[str, Any]):
    """An object of JSON that names a field more than once."""

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.name = first_repeated(name for name, _ in pairs)


def named_twice(body: bytes) -> str:
    """The pointer of a field that a body of JSON names more than once. Raises ValueError if there is none."""

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        return values if len(values) == len(pairs) else _Twice(pairs)

    # Without recursion, which a body of a thousand levels would bring to its end.
    waiting: list[tuple[object, _Place | None]] = [(json.loads(body, object_pairs_hook=kept), None)]
    for value, place in waiting:
        if isinstance(value, _Twice):
            return pointer_of(["body", *_names(place), value.name])
        children = _children(value)
        named = children.items() if isinstance(children, Mapping) else enumerate(children)
        waiting += [(child, _Place(place, name)) for name, child in named if isinstance(child, dict | list)]
    raise ValueError("names each field once")


class _Place(NamedTuple):
    """A name, and the place around it: a list for each place would cost as much as the body is deep."""

    around: "_Place | None"
    name: str | int


def _names(place: _Place | None) -> list[str | int]:
    found: list[str | int] = []
    while place:
        found.append(place.name)
        place = place.around
    return found[::-1]
