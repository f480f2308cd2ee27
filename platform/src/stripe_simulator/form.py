"""Stripe's request encoding: form fields whose names are paths, `metadata[order]`, `expand[]`, `items[0][price]`."""

import re
from urllib.parse import parse_qsl

type Raw = str | dict[str, Raw]

SEGMENTS = re.compile(r"\[([^\]]*)\]")


def parse(encoded: str) -> dict[str, Raw]:
    """The fields as nested mappings; lists are mappings from "0", "1", ... which the parameter's kind reads."""
    fields: dict[str, Raw] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        head, bracket, rest = name.partition("[")
        place(fields, [head, *SEGMENTS.findall(bracket + rest)], value)
    return fields


def place(fields: dict[str, Raw], path: list[str], value: str) -> None:
    """Put one value at its path; an empty segment appends. A later scalar at the same path wins."""
    for segment in path[:-1]:
        key = segment or str(len(fields))
        below = fields.get(key)
        if not isinstance(below, dict):
            below = fields[key] = {}
        fields = below
    fields[path[-1] or str(len(fields))] = value
