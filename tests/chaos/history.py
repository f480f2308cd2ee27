"""What clients requested and what was answered, as it happens: the oracle compares it with what the stores hold."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from parking_platform.testing.waiting import wait_until

Json = dict[str, Any]

STUCK_SECONDS = 120
UNEXPECTED = "500"
KEPT = ("id", "type", "status", "spot_id", "spot_number", "parking_lot_id", "start_time", "end_time")
"""Of an answer. Tokens are nobody's business, and the rest is in the stores."""


@dataclass(frozen=True)
class Operation:
    """One request and its repetitions under one key, until there was a definite answer. Times in seconds since 1970.

    `tries` says how each attempt ended, by status or by the error's name. Without a `status` nobody knows what came of
    it: it may have taken effect.
    """

    method: str
    path: str
    key: str | None
    asked: Json
    began: float
    ended: float
    tries: tuple[str, ...]
    status: int | None
    answer: Json = field(default_factory=dict[str, Any])

    @property
    def seconds(self) -> float:
        """From the first attempt to the answer."""
        return self.ended - self.began

    @property
    def is_booking(self) -> bool:
        """Whether somebody asked for a spot."""
        return (self.method, self.path) == ("POST", "/reservations")


class History:
    """Operations in the order in which they ended; each is on the disk before the next one is thought about."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.operations: list[Operation] = []
        self._lines = file.open("a", buffering=1)

    def note(self, operation: Operation) -> None:
        """Keep one."""
        self.operations.append(operation)
        self._lines.write(json.dumps(asdict(operation), separators=(",", ":")) + "\n")

    async def grows(self, count: int) -> None:
        """Wait for so many operations more, for as long as there are ever more of them."""
        aim = len(self.operations) + count
        while (now := len(self.operations)) < aim:
            await wait_until(
                lambda before=now: len(self.operations) > before, "another request to end", seconds=STUCK_SECONDS
            )

    def close(self) -> None:
        """Nothing more will happen."""
        self._lines.close()

    def acknowledged(self) -> Iterator[Operation]:
        """The bookings that were acknowledged, each once."""
        known: set[str] = set()
        for each in self.bookings():
            if each.status == 201 and each.answer["id"] not in known:
                known.add(each.answer["id"])
                yield each

    def surprises(self) -> list[str]:
        """Answers that nobody thought of: a fault outside is a 502, 503 or 504, and a 500 is a mistake of ours."""
        return [
            f"{each.method} {each.path} was answered {UNEXPECTED} at {each.began:.1f}"
            for each in self.operations
            if UNEXPECTED in each.tries
        ]

    def bookings(self) -> Iterator[Operation]:
        """Who asked for a spot, whatever the answer."""
        return (each for each in self.operations if each.is_booking)


def kept_of(answer: object) -> Json:
    """What is kept of an answer."""
    return {name: answer[name] for name in KEPT if name in answer} if isinstance(answer, dict) else {}


def percentile(seconds: Iterable[float], share: float) -> float:
    """The nearest rank; 0 where nothing happened."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
