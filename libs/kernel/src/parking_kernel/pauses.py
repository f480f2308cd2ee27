"""How long to wait after a failure: longer each time, and never longer than the longest."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class GrowingPause:
    """Pauses after failures: `first`, `factor` times as long after each further failure, at most `longest`."""

    first: timedelta
    longest: timedelta
    factor: int = 2

    def after(self, failures: int) -> timedelta:
        """The pause after so many failures; after one failure, or none, it is the first."""
        pause = self.first
        # Capped before it grows, so that no number of failures overflows it; the work ends with the cap.
        while failures > 1 and pause < self.longest:
            pause = min(pause * self.factor, self.longest)
            failures -= 1
        return min(pause, self.longest)
