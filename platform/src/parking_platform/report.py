"""What happens, for people: one line a step."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

NAME_WIDTH = 24


class Report:
    """Lines for people; `quiet` keeps them back (tests)."""

    def __init__(self, output: TextIO = sys.stdout, *, quiet: bool = False) -> None:
        self._output = output
        self._quiet = quiet

    def say(self, text: str) -> None:
        """One line. Where nobody reads any more, as with `make status | head`, what is reported goes on in silence."""
        if self._quiet:
            return
        try:
            self._output.write(text + "\n")
            self._output.flush()
        except BrokenPipeError:
            self._quiet = True
            # What is buffered has to go somewhere: it is written once more when the process ends.
            with Path(os.devnull).open("wb") as nowhere:
                os.dup2(nowhere.fileno(), self._output.fileno())

    def step(self, name: str, outcome: str, seconds: float | None = None) -> None:
        """One step that is done, and how long it took."""
        took = "" if seconds is None else f"{seconds:6.1f} s"
        self.say(f"  {name:<{NAME_WIDTH}} {outcome:<18} {took}".rstrip())

    @contextmanager
    def timed(self, name: str, outcome: str) -> Iterator[None]:
        """Report the step when the block has ended well."""
        started = time.monotonic()
        yield
        self.step(name, outcome, time.monotonic() - started)
