"""What a value breaks, in plain words: one table for what the libraries find, and one sentence for each pattern."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from pydantic_core import ErrorDetails

UNKNOWN_FIELD: Final = "is no field of this request"
NOT_VALID: Final = "is not valid"
"""For what the table does not know. A test shows that no request of ours gets it."""

_PATTERNS: Final[dict[str, str]] = {}
_KINDS: Final[Mapping[type, str]] = {
    bool: "a truth value",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_DATE: Final = "must be a date such as 2026-03-01"
_INSTANT: Final = "must be a time with a timezone offset, such as 2026-03-01T12:00:00+01:00 (RFC 3339)"
_REAL_INSTANT: Final = "must be a time that there is, such as 2026-03-01T12:00:00+01:00 (RFC 3339)"
_UUID: Final = "must be a UUID such as 01890000-0000-7000-8000-000000000000"
_LIST: Final = "must be a list{given}"
_OBJECT: Final = "must be an object{given}"
_WHOLE: Final = "must be a whole number"
_URL: Final = "must be a URL"


def pattern(expression: str, rule: str) -> str:
    """A regular expression as it is given to pydantic; who breaks it reads `rule`, with an example, instead of it."""
    _PATTERNS[expression] = rule
    return expression


def _broken_pattern(error: ErrorDetails) -> str:
    return _PATTERNS.get(_context(error)["pattern"], NOT_VALID)


def _own_rule(error: ErrorDetails) -> str:
    """Of a validator of ours: its own sentence. Addresses are the exception: a library checks them."""
    context = _context(error)
    if "reason" in context:
        return f"must be an email address such as pat@example.com: {context['reason']}"
    return str(context.get("error", NOT_VALID))


def _too_many_or_few(limit: str, words: str, unit: str) -> Callable[[ErrorDetails], str]:
    def rule(error: ErrorDetails) -> str:
        count = _context(error)[limit]
        return f"must have {words} {count} {unit}{'' if count == 1 else 's'}"

    return rule


# A member of an enumeration, as Python shows it where a `Literal` names some of them.
_MEMBER: Final = re.compile(r"<\w+\.\w+: ('[^']*')>")


def _one_of(error: ErrorDetails) -> str:
    expected = _MEMBER.sub(r"\1", str(_context(error)["expected"]))
    return f"must be one of {expected}" if " or " in expected else f"must be {expected}"


def _whole_number(error: ErrorDetails) -> str:
    return f"{_WHOLE}, without a fraction" if isinstance(error["input"], float) else f"{_WHOLE}{_given(error)}"


RULES: Final[Mapping[str, str | Callable[[ErrorDetails], str]]] = {
    "missing": "is required",
    "extra_forbidden": UNKNOWN_FIELD,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "too_short": _too_many_or_few("min_length", "at least", "item"),
    "too_long": _too_many_or_few("max_length", "at most", "item"),
    "string_type": "must be a string{given}",
    "string_unicode": "must not contain half of a surrogate pair",
    "string_too_short": _too_many_or_few("min_length", "at least", "character"),
    "string_too_long": _too_many_or_few("max_length", "at most", "character"),
    "string_pattern_mismatch": _broken_pattern,
    "enum": _one_of,
    "literal_error": _one_of,
    "bool_type": "must be a boolean, true or false{given}",
    "bool_parsing": "must be a boolean, true or false",
    "int_type": _whole_number,
    "int_parsing": _WHOLE,
    "int_parsing_size": f"{_WHOLE} of fewer digits",
    "int_from_float": _whole_number,
    "float_type": "must be a number{given}",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "decimal_type": "must be a number{given}",
    "decimal_parsing": "must be a number",
    "decimal_max_digits": _too_many_or_few("max_digits", "at most", "digit"),
    "decimal_max_places": _too_many_or_few("decimal_places", "at most", "decimal"),
    "decimal_whole_digits": "must have at most {whole_digits} digits before the point",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _INSTANT,
    "datetime_parsing": _REAL_INSTANT,
    "datetime_from_date_parsing": _REAL_INSTANT,
    "datetime_object_invalid": _REAL_INSTANT,
    "timezone_aware": _INSTANT,
    "timezone_offset": _INSTANT,
    "uuid_type": _UUID,
    "uuid_parsing": _UUID,
    "uuid_version": _UUID,
    "url_type": _URL,
    "url_parsing": _URL,
    "url_syntax_violation": _URL,
    "url_too_long": "must be a shorter URL, of at most {max_length} characters",
    "url_scheme": "must be a URL that begins with {expected_schemes}",
    "union_tag_not_found": "must be an object that names its {discriminator}",
    "union_tag_invalid": "must have as its {discriminator} one of {expected_tags}",
    "none_required": "must be null",
    "json_invalid": "is no JSON",
    "json_type": "must be a string of JSON",
    "value_error": _own_rule,
    "assertion_error": _own_rule,
}
"""By the type that pydantic gives an error. A sentence may name what the error's context holds, and what was given."""


def rule_of(error: ErrorDetails) -> str:
    """The rule that a value breaks, such as `must be at least 1`: it goes behind the value's name."""
    rule = RULES.get(error["type"], NOT_VALID)
    return rule.format(given=_given(error), **_context(error)) if isinstance(rule, str) else rule(error)


def _given(error: ErrorDetails) -> str:
    kind = _KINDS.get(cast("object", error["input"]).__class__)
    return f", not {kind}" if kind else ""


def _context(error: ErrorDetails) -> Mapping[str, Any]:
    return {name: _plain(value) for name, value in error.get("ctx", {}).items()}


def _plain(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value
