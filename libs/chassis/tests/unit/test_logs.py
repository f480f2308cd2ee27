"""What a process logs: one JSON object a line, in one shape whichever code logs it, and repetitions held back."""

import json
import logging
import re
import subprocess
import sys
import time
from typing import Any

import pytest

from parking_chassis.logs import Seldom

LOGGING = """
import logging, sys, warnings
import structlog
from opentelemetry import trace
from parking_chassis.logs import configure_logs
from parking_chassis.telemetry import configure_tracing
log = structlog.stdlib.get_logger("ours")
configure_logs("test", "INFO", sys.stdout)
configure_tracing("test", endpoint=None, sample_ratio=0)
log.info("logged", place=object, name="Zoë", reservation_id="7")
log.debug("not logged")
try:
    raise ValueError("wrong")
except ValueError:
    log.exception("failed")
    logging.getLogger("theirs").exception("failed as well")
logging.getLogger("theirs").warning("logged by %s", "a library")
logging.getLogger("theirs").info("logged too", extra={"reservation_id": "7", "color_message": "logged too in red"})
warnings.warn("logged by Python")
with trace.get_tracer("test").start_as_current_span("a request", kind=trace.SpanKind.SERVER):
    log.info("logged within a trace")
    logging.getLogger("theirs").info("logged within it too")
"""
SHAPE = ["timestamp", "level", "logger", "message", "context", "trace_id", "span_id"]


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    """What a process of its own writes: what is configured is the whole process."""
    ran = subprocess.run((sys.executable, "-c", LOGGING), check=True, capture_output=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_every_line_has_the_same_shape(lines: list[dict[str, Any]]) -> None:
    assert [list(line) for line in lines] == [SHAPE] * len(lines)
    logged = [(line["message"], line["level"], line["logger"]) for line in lines if line["logger"] != "py.warnings"]
    assert logged == [
        ("logged", "info", "ours"),
        ("failed", "error", "ours"),
        ("failed as well", "error", "theirs"),
        ("logged by a library", "warning", "theirs"),
        ("logged too", "info", "theirs"),
        ("logged within a trace", "info", "ours"),
        ("logged within it too", "info", "theirs"),
    ]
    (warning,) = (line for line in lines if line["logger"] == "py.warnings")
    assert "UserWarning: logged by Python" in warning["message"]
    assert {line["context"]["service"] for line in lines} == {"test"}
    assert all(line["timestamp"].endswith("Z") for line in lines)


def test_what_a_line_is_about_stands_in_its_context(lines: list[dict[str, Any]]) -> None:
    about = {line["message"]: line["context"] for line in lines}
    assert about["logged"] == {"service": "test", "place": repr(object), "name": "Zoë", "reservation_id": "7"}
    assert about["logged too"] == {"service": "test", "reservation_id": "7"}, "of what a library adds, nothing"
    for failed in ("failed", "failed as well"):
        assert about[failed]["exception"].endswith("ValueError: wrong")


def test_the_trace_is_named_though_it_is_not_sampled(lines: list[dict[str, Any]]) -> None:
    *outside, ours, theirs = lines
    assert {(line["trace_id"], line["span_id"]) for line in outside} == {(None, None)}
    assert (ours["trace_id"], ours["span_id"]) == (theirs["trace_id"], theirs["span_id"])
    assert re.fullmatch("[0-9a-f]{32}/[0-9a-f]{16}", f"{ours['trace_id']}/{ours['span_id']}")


def record(logger: str, message: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord(logger, logging.ERROR, "", 0, message, values, None)


def test_a_message_that_a_library_repeats_is_logged_once() -> None:
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
    passed = [each for each in (record("kafka", "no %s", "broker") for _ in range(4)) if seldom.filter(each)]
    assert [each.getMessage() for each in passed] == [
        "no broker",
        "no broker (and 2 times more since it was last logged)",
    ]
