"""A supervisor event listener: writes down which process ended unexpectedly, and when it ran again.

Run by the supervisor as `python -m parking_platform.incidents FILE`.
"""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from supervisor.childutils import get_headers, listener

EVENTS = "PROCESS_STATE_EXITED,PROCESS_STATE_BACKOFF,PROCESS_STATE_RUNNING,PROCESS_STATE_FATAL"
ENDED = "ended unexpectedly"


class Incidents:
    """Turns the supervisor's events into lines; ordinary starts and stops say nothing."""

    def __init__(self) -> None:
        self._ended_at: dict[str, float] = {}

    def line(self, event: str, process: str, pid: str, now: float) -> str | None:
        """What to write about one event, or None. `now` is a monotonic clock in seconds."""
        match event:
            case "PROCESS_STATE_EXITED":
                self._ended_at[process] = now
                return f"{process} {ENDED} (pid {pid}), and is started again"
            case "PROCESS_STATE_BACKOFF":
                self._ended_at.setdefault(process, now)
                return f"{process} {ENDED} while it started, and is tried again"
            case "PROCESS_STATE_FATAL":
                return f"{process} did not start in many tries, and is given up: make logs NAME={process}"
            case "PROCESS_STATE_RUNNING" if process in self._ended_at:
                away = now - self._ended_at.pop(process)
                return f"{process} runs again (pid {pid}) after {away:.1f} s"
            case _:
                return None


def main() -> None:
    """Listen until the supervisor ends."""
    file = Path(sys.argv[1])
    incidents = Incidents()
    while True:
        headers, payload = listener.wait()
        event = get_headers(payload)
        line = incidents.line(headers["eventname"], event["processname"], event.get("pid", "?"), time.monotonic())
        if line:
            with file.open("a") as log:
                log.write(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}\n")
        listener.ok()


if __name__ == "__main__":
    main()
