"""What the code under test logs, as a process would write it."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from parking_chassis.logs import configure_logs


class WrittenLogs(io.TextIOWrapper):
    """Takes text as well as bytes, as standard output does."""

    def __init__(self) -> None:
        self._written = io.BytesIO()
        super().__init__(self._written, encoding="utf-8")

    def text(self) -> str:
        """All that was written so far."""
        self.flush()
        return self._written.getvalue().decode()

    def lines(self, message: str | None = None) -> list[dict[str, Any]]:
        """The lines so far, or those with a message."""
        lines = [json.loads(line) for line in self.text().splitlines()]
        return [line for line in lines if message in {None, line["message"]}]


@contextmanager
def written_logs(service: str, level: str = "INFO") -> Iterator[WrittenLogs]:
    """Log as a process of a service does, for the length of a block."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, root_level, written = root.handlers, root.level, WrittenLogs()
    configure_logs(service, level, written)
    try:
        yield written
    finally:
        logging.captureWarnings(capture=False)
        root.handlers = handlers
        root.setLevel(root_level)
        structlog.configure(**before)
