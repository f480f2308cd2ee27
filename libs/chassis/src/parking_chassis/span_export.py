"""Spans on their way out of the process: without people's data, and without hurting the process that sends them."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from opentelemetry.util.types import Attributes

log = structlog.stdlib.get_logger(__name__)

TIMEOUT_SECONDS: Final = 2.0
REST_SECONDS: Final = 30.0

# What an instrumentation adds of its own accord (addresses, agents, URLs with their queries) stays here.
EXPORTED: Final = frozenset(
    {
        *("http.request.method", "http.route", "http.response.status_code", "url.scheme", "network.protocol.version"),
        *("db.system.name", "db.namespace", "db.query.text"),
        *("messaging.system", "messaging.operation.name", "messaging.operation.type", "messaging.destination.name"),
        *("messaging.destination.partition.id", "messaging.consumer.group.name", "messaging.message.id"),
        *("messaging.kafka.offset", "cloudevents.event_type", "error.type", "exception.type"),
    }
)


def otlp_exporter(endpoint: str) -> "SpanSender":
    """Sends to an OTLP receiver that speaks HTTP, for instance `http://collector:4318`."""
    # It would log each of its attempts; `SpanSender` logs what matters.
    logging.getLogger("opentelemetry.exporter.otlp.proto.http.trace_exporter").setLevel(logging.CRITICAL)
    return SpanSender(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=TIMEOUT_SECONDS))


class SpanSender(SpanExporter):
    """Passes on known attributes alone, and rests for half a minute after a receiver did not answer.

    Spans that end meanwhile are dropped: a receiver that is away costs two seconds of a background thread and a log
    line, also of a process that is stopping.
    """

    def __init__(self, receiver: SpanExporter, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._receiver = receiver
        self._elapsed = elapsed
        self._resting_until = float("-inf")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See OpenTelemetry."""
        if self._elapsed() < self._resting_until:
            return SpanExportResult.FAILURE
        result = self._receiver.export([_impersonal(span) for span in spans])
        if result is not SpanExportResult.SUCCESS:
            self._resting_until = self._elapsed() + REST_SECONDS
            log.warning("spans_dropped", why="the receiver does not take them", next_try_in=REST_SECONDS)
        return result

    def shutdown(self) -> None:
        """See OpenTelemetry."""
        self._receiver.shutdown()


def _impersonal(span: ReadableSpan) -> ReadableSpan:
    """The span with known attributes alone. The message of an error is not known: PostgreSQL's repeats values."""
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_known(span.attributes),
        events=[Event(event.name, _known(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _known(attributes: Attributes) -> Attributes:
    return {name: value for name, value in (attributes or {}).items() if name in EXPORTED}
