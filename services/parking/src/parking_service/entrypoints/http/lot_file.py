"""A file of lots as it arrives: its features, whatever shape each of them has."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any

from parking_chassis.problems import INVALID_REQUEST, Problem
from parking_chassis.schemas import NO_HALF, NO_NUL
from parking_service.domain.unreadable_rows import unreadable
from parking_service.entrypoints.http.csv_file import WrongTable, features_of_csv
from parking_service.entrypoints.http.overpass_file import features_of_overpass
from parking_service.entrypoints.http.park_api_file import features_of_park_api

CSV = "text/csv"

MAX_DEPTH = 100
"""Of a feature: more than any geometry needs, and less than any reader fails at."""
MAX_ROWS = 100_000
"""Of a file. Each is a row of the database and is looked at by itself, however little stands in it."""
MAX_DIGITS = 1_000  # Python reads 4 300 and is done in no time; more are read as infinite, which is no number
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # and no backslash that is meant as one
# A text that does not end reaches to the end: else the search would begin again at each quotation mark in it, and a
# file of a few MiB would take days.
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_CUT = '{"parking:cut": true}'


def features_of(body: bytes, media_type: str = "application/json") -> Sequence[Mapping[str, object]]:
    """The features of a file. One that no database can keep is replaced by the reason to refuse it.

    Raises a 422 problem for what is no such file at all.
    """
    if media_type == CSV:
        try:
            return [_kept(feature) for feature in _bounded(features_of_csv(body))]
        except WrongTable as error:
            raise _wrong_file(f"must be CSV: {error}") from error
    return [_kept(feature) for feature in _bounded(_features_of_json(_document(body)))]


def _bounded(features: Iterable[object]) -> Iterator[object]:
    for number, feature in enumerate(features):
        if number == MAX_ROWS:
            raise _wrong_file(f"must have at most {MAX_ROWS:,} rows; import the others with another file")
        yield feature


def _features_of_json(document: Any) -> Iterable[object]:
    if isinstance(document, dict):
        features, elements, lots = (document.get(name) for name in ("features", "elements", "lots"))
        if isinstance(features, list) and document.get("type") == "FeatureCollection":
            return features
        if isinstance(elements, list):
            return features_of_overpass(elements)
        if isinstance(lots, list):
            return features_of_park_api(lots)
    raise _wrong_file(
        "must be a GeoJSON FeatureCollection, Overpass' JSON with its elements or ParkAPI's with its lots"
    )


def _document(body: bytes) -> Any:
    try:
        text = body.decode("utf-8-sig")
        try:
            return _parsed(text)
        except RecursionError:
            return _parsed("".join(_shallow(text)))
    except json.JSONDecodeError as error:
        raise _wrong_file(f"must be JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        before = body[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - (before.rfind(b"\n") + 1) + 1
        raise _wrong_file(f"must be JSON in UTF-8: line {line}, column {column} (in bytes) is not") from error
    except (ValueError, RecursionError) as error:
        raise _wrong_file("must be JSON in UTF-8") from error


def _parsed(text: str) -> Any:
    return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) <= MAX_DIGITS else inf)


def _shallow(text: str) -> Iterator[str]:
    """The same text with what lies too deep cut out: one feature that is nested endlessly must not cost the others."""
    depth, shown = 0, 0
    limit = MAX_DEPTH + 3  # the collection and its list stand around a feature, and what is cut is still too deep
    for token in TOKEN.finditer(text):
        match token[0]:
            case "[" | "{":
                depth += 1
                if depth == limit:
                    yield text[shown : token.start()]
            case "]" | "}":
                if depth == limit:
                    yield _CUT
                    shown = token.end()
                depth -= 1
            case _:
                pass
    yield text[shown:] if depth < limit else ""


def _kept(feature: object) -> Mapping[str, object]:
    if not isinstance(feature, dict):
        return unreadable(None, "the feature is no object")
    reason = _why_not_kept(feature)
    return unreadable(_id_of(feature), reason) if reason else feature


def _why_not_kept(feature: Mapping[str, object]) -> str | None:
    if _is_deeper(feature, MAX_DEPTH):
        return "the feature is nested too deeply"
    try:
        text = json.dumps(feature, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        return f"a text {NO_HALF}"
    except ValueError:
        return "a number is too large, or none"
    return f"a text {NO_NUL}" if _NUL.search(text) else None


def _is_deeper(value: object, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ())
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def _id_of(feature: Mapping[str, object]) -> object:
    """The row's id, if that can be kept itself."""
    properties = feature.get("properties")
    for source_id in (feature.get("id"), properties.get("id") if isinstance(properties, dict) else None):
        if isinstance(source_id, str | int) and _why_not_kept({"id": source_id}) is None:
            return source_id
    return None


def _wrong_file(rule: str) -> Problem:
    return Problem(INVALID_REQUEST, f"The file {rule}.", errors=[{"pointer": "", "detail": rule}])
