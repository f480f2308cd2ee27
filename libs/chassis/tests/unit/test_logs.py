"""What a process tells: a JSON object a line, in one shape whoever tells it, and not the same thing all the time."""

import json
import logging
import subprocess
import sys
import time

import pytest

from parking_chassis.logs import Seldom

TELLING = """
import logging, structlog
from parking_chassis.logs import configure_logs
log = structlog.stdlib.get_logger("ours")
configure_logs("test", "INFO")
log.info("told", place=object, name="Zoë")
log.debug("not told")
try:
    raise ValueError("wrong")
except ValueError:
    log.exception("failed")
logging.getLogger("theirs").warning("told by %s", "a library")
logging.getLogger("theirs").info("told too")
"""


def test_every_line_has_the_same_shape() -> None:
    """In a process of its own: what is configured is the whole process."""
    ran = subprocess.run((sys.executable, "-c", TELLING), check=True, capture_output=True)
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [(line["event"], line["level"], line["logger"]) for line in lines] == [
        ("told", "info", "ours"),
        ("failed", "error", "ours"),
        ("told by a library", "warning", "theirs"),
        ("told too", "info", "theirs"),
    ]
    assert {line["service"] for line in lines} == {"test"}
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert (lines[0]["name"], lines[0]["place"]) == ("Zoë", repr(object))
    assert lines[1]["exception"].endswith("ValueError: wrong")


def record(logger: str, message: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord(logger, logging.ERROR, "", 0, message, values, None)


def test_a_library_that_repeats_itself_is_heard_once() -> None:
    seldom = Seldom("kafka", seconds=60)
    passed = [seldom.filter(record("kafka.client", "no connection to %s", node)) for node in range(3)]
    assert passed == [True, False, False]
    assert seldom.filter(record("kafka.client", "another message"))
    assert seldom.filter(record("kafkaesque", "no connection to %s", 1))
    assert seldom.filter(record("ours", "no connection")) is seldom.filter(record("ours", "no connection")) is True


def test_what_was_held_back_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 1.0, 2.0, 61.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    seldom = Seldom("kafka", seconds=60)
    told = [each for each in (record("kafka", "no %s", "broker") for _ in range(4)) if seldom.filter(each)]
    assert [each.getMessage() for each in told] == ["no broker", "no broker (and 2 times more since it was last told)"]
