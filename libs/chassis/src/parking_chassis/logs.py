"""Structured logs: one JSON object a line, with the trace it belongs to."""

import logging
import sys
import time
from typing import Any, override

import structlog
from opentelemetry import trace
from pydantic_core import to_json
from structlog.typing import EventDict, Processor, WrappedLogger

SELDOM_SECONDS = 10.0
RESTLESS = "aiokafka"
"""Without a broker it tries again many times a second, and each time says so three times."""


class Seldom(logging.Filter):
    """Lets each message of a library through once in so many seconds, whatever it is about, and counts the others."""

    def __init__(self, library: str, seconds: float) -> None:
        super().__init__(library)
        self._seconds = seconds
        self._said: dict[tuple[str, object], tuple[float, int]] = {}

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging`."""
        if not super().filter(record):
            return True
        now, message = time.monotonic(), (record.name, record.msg)
        said_at, held_back = self._said.get(message, (-self._seconds, 0))
        if now - said_at < self._seconds:
            self._said[message] = said_at, held_back + 1
            return False
        self._said[message] = now, 0
        if held_back:
            record.msg = f"{record.msg} (and {held_back} times more since it was last told)"
        return True


def _add_trace(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = trace.format_trace_id(context.trace_id)
        event["span_id"] = trace.format_span_id(context.span_id)
    return event


def _json(event: EventDict, **_options: Any) -> bytes:
    return to_json(event, fallback=repr)


def configure_logs(service: str, level: str) -> None:
    """Send everything that this process logs, libraries included, to standard output as JSON lines.

    Our own lines go past `logging`: its records cost more than all else of a line, and each request has one.
    """

    def add_service(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        _add_trace,
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(_json)],
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    handler.addFilter(Seldom(RESTLESS, SELDOM_SECONDS))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "aiokafka", "asyncio", "alembic.runtime.plugins"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
