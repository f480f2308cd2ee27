"""What a row found, as it is printed and kept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

SHOWN = 20


@dataclass
class Verdict:
    """`tried` says how much, `found` what was measured, `violations` what did not hold: none, and the row holds."""

    row: str
    promise: str
    seed: int
    tried: dict[str, object] = field(default_factory=dict[str, object])
    found: dict[str, object] = field(default_factory=dict[str, object])
    violations: list[str] = field(default_factory=list[str])

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return not self.violations

    def require(self, condition: object, sentence: str) -> None:
        """Note what does not hold."""
        if not condition:
            self.violations.append(sentence)

    def lines(self) -> Sequence[str]:
        """For people."""
        shown = self.violations[:SHOWN]
        more = [f"  ... and {len(self.violations) - SHOWN} more"] if len(self.violations) > SHOWN else []
        return [
            f"{self.row}: {'holds' if self.holds else 'DOES NOT HOLD'} (seed {self.seed}) – {self.promise}",
            *(f"  tried  {name}: {value}" for name, value in self.tried.items()),
            *(f"  found  {name}: {value}" for name, value in self.found.items()),
            *(f"  VIOLATION  {each}" for each in shown),
            *more,
        ]

    def write(self, directory: Path, context: Mapping[str, object]) -> Path:
        """Keep it as JSON."""
        directory.mkdir(parents=True, exist_ok=True)
        file = directory / f"{self.row}.json"
        file.write_text(json.dumps({**context, **asdict(self), "holds": self.holds}, indent=2) + "\n")
        return file


def zero_of(count: int) -> str:
    """What no failure among so many says (rule of three, 95 % confidence)."""
    return f"0 of {count} (at most {3 / count:.2%} with 95 % confidence)" if count else "0 of 0"
