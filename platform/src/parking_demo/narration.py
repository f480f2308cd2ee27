"""The story on paper: each step, and below it what each service did."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self, TextIO

from parking_demo.effects import Medium, Sighting
from parking_demo.steps import StepReport

SERVICES: Final = ("auth", "parking", "reservation", "payment", "notification", "analytics")
TITLE_WIDTH: Final = 90
BOLD, FAINT, GREEN = "1", "2", "32"
NAMES: Final = {
    Medium.ROWS: ("row change", "row changes"),
    Medium.EVENT: ("event", "events"),
    Medium.MAIL: ("mail", "mails"),
    Medium.LIVE: ("live message", "live messages"),
    Medium.DOCUMENT: ("document change", "document changes"),
}


@dataclass(slots=True)
class Narration:
    """Writes; in colours where somebody looks and does not mind them (NO_COLOR: https://no-color.org)."""

    output: TextIO
    in_colours: bool
    steps: int = 0

    @classmethod
    def to(cls, output: TextIO) -> Self:
        """To a terminal, or to a file or pipe without colours."""
        return cls(output, output.isatty() and not os.environ.get("NO_COLOR"))

    def begin(self, title: str, gateway: str) -> None:
        """A story's title."""
        space = "\n" if self.steps else ""
        self._say(
            f"{space}{self._in(BOLD, f'{title} through the gateway')} {gateway}, and what each service does for it"
        )

    def show(self, report: StepReport) -> None:
        """One step."""
        self.steps += 1
        title = f"{self.steps}  {report.title}"
        self._say(f"\n{self._in(BOLD, f'{title:<{TITLE_WIDTH}}')} {report.seconds:4.1f} s")
        for line in report.lines:
            self._say(f"   {line}")
        for line in _by_service(report.sightings, lambda words: self._in(FAINT, words)):
            self._say(f"     {line}")
        if not report.sightings:
            self._say(f"     {self._in(FAINT, 'Nothing changes in any service.')}")

    def end(self, summaries: Sequence[str], sightings: Sequence[Sighting], seconds: float) -> None:
        """The summing line."""
        held = "\n".join(f"{self._in(GREEN, 'All of it held:')} {summary}." for summary in summaries)
        self._say(f"\n{held}\n{counted(sightings)} in {seconds:.1f} s")

    def _say(self, text: str) -> None:
        self.output.write(text.rstrip() + "\n")
        self.output.flush()

    def _in(self, style: str, text: str) -> str:
        return f"\033[{style}m{text}\033[0m" if self.in_colours else text


def counted(sightings: Sequence[Sighting]) -> str:
    """`17 row changes, 12 events, …`, in a fixed order."""
    numbers = Counter(sighting.effect.medium for sighting in sightings)
    return ", ".join(f"{numbers[medium]} {NAMES[medium][numbers[medium] != 1]}" for medium in Medium)


def _by_service(sightings: Sequence[Sighting], faint: Callable[[str], str]) -> Iterator[str]:
    """Lines with the service and the medium in columns, each named once; what happened twice alike is one line."""
    for service in SERVICES:
        shown_service = service
        for medium in Medium:
            words = Counter(seen.words for seen in sightings if seen.effect[:2] == (service, medium))
            shown_medium = str(medium)
            for text, times in words.items():
                again = f" (× {times})" if times > 1 else ""
                yield f"{shown_service:<14}{faint(f'{shown_medium:<10}')}{text}{again}"
                shown_service = shown_medium = ""
