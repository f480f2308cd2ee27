"""The subjects that wait behind an event which Kafka refused."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from parking_messaging.backoff import Backoff
from parking_messaging.records import Subject


@dataclass(slots=True)
class _Hold:
    refusals: int
    until: float


class HeldSubjects:
    """Remembers refusals, in memory alone: after a restart each is tried once more, which is harmless."""

    def __init__(self, backoff: Backoff, clock: Callable[[], float]) -> None:
        self._backoff = backoff
        self._clock = clock
        self._holds: dict[Subject, _Hold] = {}

    def __len__(self) -> int:
        return len(self._holds)

    def hold(self, subject: Subject) -> float:
        """Keep a subject back, longer each time; the seconds until its next try."""
        refusals = self._holds[subject].refusals + 1 if subject in self._holds else 1
        delay = self._backoff.delay(refusals)
        self._holds[subject] = _Hold(refusals, self._clock() + delay)
        return delay

    def release(self, subjects: Iterable[Subject]) -> None:
        """They are no longer held: Kafka took their events."""
        if self._holds:
            for subject in subjects:
                self._holds.pop(subject, None)

    def now(self) -> list[Subject]:
        """Those that must not be published at the moment."""
        present = self._clock()
        return [subject for subject, hold in self._holds.items() if hold.until > present]
