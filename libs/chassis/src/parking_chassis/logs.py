"""Structured logs: a JSON object a line, in one shape for all that log, with the trace that it belongs to.

The shape is `timestamp, level, logger, message, context, trace_id, span_id`, and nothing else. `context` names the
service and what the line is about (`reservation_id`, `event_id`, `topic`, `outcome`, `duration_ms` and the like), never
a person. The ids of the trace are there whether or not it is sampled, and null where a line belongs to none.
"""

import logging
import sys
import time
from typing import Any, Final, TextIO, override

import structlog
from opentelemetry import trace
from pydantic_core import to_json
from structlog.typing import EventDict, Processor, WrappedLogger

NAMED_BY_EXTRA: Final = (
    *("reservation_id", "charge_id", "payment_id", "intent_id", "refund_id", "provider_event_id"),
    *("event_id", "event_type", "topic", "outcome", "error", "duration_ms"),
)
"""What code that may use `logging` alone can name, with `extra=`. Libraries put all sorts of things there."""

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
            record.msg = f"{record.msg} (and {held_back} times more since it was last logged)"
        return True


def milliseconds_since(began: float) -> float:
    """For `duration_ms`: how long ago `time.perf_counter` said `began`."""
    return round((time.perf_counter() - began) * 1000, 1)


def _shaped_by(service: str) -> Processor:
    """The step before the text: whatever is no part of the shape itself goes into `context`."""

    def shaped(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
        span = trace.get_current_span().get_span_context()
        return {
            "timestamp": event.pop("timestamp"),
            "level": event.pop("level"),
            "logger": event.pop("logger"),
            "message": event.pop("event"),
            "context": {"service": service, **event},
            "trace_id": trace.format_trace_id(span.trace_id) if span.is_valid else None,
            "span_id": trace.format_span_id(span.span_id) if span.is_valid else None,
        }

    return shaped


def _json(line: EventDict, **_options: Any) -> bytes:
    return to_json(line, fallback=repr)


def _json_text(line: EventDict, **options: Any) -> str:
    return _json(line, **options).decode()


def configure_logs(service: str, level: str, stream: TextIO | None = None) -> None:
    """Write everything that this process logs, libraries and warnings included, to a stream as JSON lines.

    To standard output, unless `stream` is another, as for a command whose output is its answer.
    Our own lines go past `logging`: its records cost more than all else of a line, and each request has one.
    """
    output = sys.stdout if stream is None else stream
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    shaped = _shaped_by(service)
    structlog.configure(
        processors=[*shared, shaped, structlog.processors.JSONRenderer(_json)],
        logger_factory=structlog.BytesLoggerFactory(output.buffer),
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(allow=NAMED_BY_EXTRA)],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                shaped,
                structlog.processors.JSONRenderer(_json_text),
            ],
        )
    )
    handler.addFilter(Seldom(RESTLESS, SELDOM_SECONDS))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    for noisy in ("httpx", "httpcore", "aiokafka", "asyncio", "alembic.runtime.plugins"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
