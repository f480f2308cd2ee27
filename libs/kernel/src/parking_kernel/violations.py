"""Bad input: each wrong value by where it stands and the rule that it breaks."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Violation(NamedTuple):
    """One wrong value: where it stands (a JSON pointer, or `query/<name>`), and the rule it breaks."""

    pointer: str
    rule: str


class InvalidFields(Exception):
    """Values that break rules of the domain; names every one of them."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{each.pointer or 'the body'}: {each.rule}" for each in violations))
        self.violations = tuple(violations)


def refuse_any(violations: Iterable[Violation]) -> None:
    """Raise `InvalidFields` when there is a violation."""
    found = tuple(violations)
    if found:
        raise InvalidFields(found)
