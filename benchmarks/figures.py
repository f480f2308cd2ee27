"""Figures of rounds, what they are held against, and what they ought to come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from tests.chaos import history


@dataclass(frozen=True)
class Round:
    """One measurement, and which share of the machine was idle in the second before it."""

    figure: float
    idle: float


@dataclass(frozen=True)
class Series:
    """What one contender came to, round by round."""

    name: str
    unit: str
    rounds: Sequence[Round]

    @property
    def figures(self) -> Sequence[float]:
        """In the order of the rounds."""
        return [each.figure for each in self.rounds]

    @property
    def median(self) -> float:
        """The middle one; of an even number, the mean of the two in the middle."""
        return median(self.figures)

    @property
    def idle(self) -> Sequence[float]:
        """In the order of the rounds."""
        return [each.idle for each in self.rounds]


@dataclass(frozen=True)
class Goal:
    """What the ratio to the reference, or the figure itself, ought to be."""

    of: Literal["ratio", "figure"]
    sense: Literal["≥", "≤"]
    value: float

    def is_met(self, found: float) -> bool:
        """Whether it is."""
        return found >= self.value if self.sense == "≥" else found <= self.value


@dataclass(frozen=True)
class Line:
    """One line of the table: what of ours stands beside which reference."""

    what: str
    ours: Series
    reference: Series | None = None
    goal: Goal | None = None
    note: str = ""

    @property
    def ratios(self) -> Sequence[float]:
        """Ours to the reference of the same round: what disturbs the machine for longer disturbs both."""
        if self.reference is None:
            return []
        return [ours / other for ours, other in zip(self.ours.figures, self.reference.figures, strict=True)]

    @property
    def ratio(self) -> float | None:
        """The median of the ratios."""
        return median(self.ratios) if self.ratios else None

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.goal is None:
            return None
        found = self.ratio if self.goal.of == "ratio" else self.ours.median
        if found is None:
            raise ValueError(f"{self.what} has a goal for a ratio, and nothing to be held against")
        return self.goal.is_met(found)

    @property
    def idle(self) -> Sequence[float]:
        """Before every measurement that the line is made of."""
        return [*self.ours.idle, *(self.reference.idle if self.reference else ())]


def percentile(figures: Sequence[float], share: float) -> float:
    """The nearest rank. Raises `ValueError` where there is nothing."""
    if not figures:
        raise ValueError("of nothing there is no percentile")
    return history.percentile(figures, share)
