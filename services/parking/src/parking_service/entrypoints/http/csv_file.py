"""A table of lots: CSV as spreadsheets and open-data portals write it, as features without a geometry.

UTF-8 with or without its mark, or else Windows-1252; separated by `;`, `,`, tabs or `|`, whichever the header has most
of. Numbers and places are understood later, so that a wrong one costs its row alone.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from parking_service.domain.unreadable_rows import unreadable

MAX_FIELD: Final = 20 * 1024 * 1024  # an outline as WKT may be the whole file
MAX_COLUMNS: Final = 1_000
SEPARATORS: Final = ";,\t|"
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)", re.IGNORECASE)  # as spreadsheets write it in front
csv.field_size_limit(MAX_FIELD)


class WrongTable(ValueError):
    """The file is no table; the message says at which line and column."""

    def __init__(self, line: int, column: int, rule: str) -> None:
        super().__init__(f"line {line}, column {column}: {rule}")


def features_of_csv(body: bytes) -> Iterator[object]:
    """A feature for each row below the header, lines without anything aside. Raises `WrongTable`."""
    lines = list(io.StringIO(_text(body), newline=""))
    skipped, separator = _separator(lines)
    reader = csv.reader(lines[skipped:], delimiter=separator, strict=True)
    header: list[str] | None = None
    begins = skipped + 1
    try:
        for record in reader:
            if any(field.strip() for field in record):
                if header is None:
                    header = _header(record, begins)
                else:
                    yield _feature(header, record, begins)
            begins = skipped + reader.line_num + 1
    except csv.Error as error:
        line = lines[begins - 1] if begins <= len(lines) else ""
        raise WrongTable(begins, line.find('"') + 1 or 1, str(error)) from error
    if header is None:
        raise WrongTable(1, 1, "there is no header")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("latin-1")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        raise WrongTable(line, column, "this is neither UTF-8 nor Windows-1252") from error


def _separator(lines: Sequence[str]) -> tuple[int, str]:
    """How many lines lie in front of the header, and what separates its columns."""
    if lines and (named := _SEPARATOR_LINE.fullmatch(lines[0].strip("\r\n"))):
        return 1, named[1]
    header = next((line for line in lines if line.strip()), "")
    return 0, max(SEPARATORS, key=re.sub(r'"[^"]*"', "", header).count)


def _header(record: Sequence[str], line: int) -> list[str]:
    if len(record) > MAX_COLUMNS:
        raise WrongTable(line, MAX_COLUMNS + 1, f"there are more than {MAX_COLUMNS} columns")
    names = [name.strip() or f"column {number}" for number, name in enumerate(record, start=1)]
    seen = set[str]()
    for number, name in enumerate(names, start=1):
        if name in seen:
            raise WrongTable(line, number, f"there are two columns {name[:50]!r}")
        seen.add(name)
    return names


def _feature(header: Sequence[str], record: Sequence[str], line: int) -> Mapping[str, object]:
    values = [field.strip() for field in record]
    if len(values) < len(header) or any(values[len(header) :]):
        said = f"line {line} has {len(values)} columns, and the header {len(header)}"
        if len(values) > len(header):
            said += "; a value that holds the separator needs double quotes around it"
        return unreadable(None, said)
    return {"type": "Feature", "properties": dict(zip(header, values, strict=False))}
