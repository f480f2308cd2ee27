"""OpenTelemetry: one trace from the gateway through HTTP, outbox, Kafka and every consumer."""

import os
from collections.abc import MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor  # pyright: ignore[reportMissingTypeStubs]
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Link, Span, SpanKind, TraceState
from opentelemetry.util.types import Attributes
from sqlalchemy.ext.asyncio import AsyncEngine

from parking_chassis.span_export import otlp_exporter

# The stable names of attributes; the instrumentations have this switch in the environment alone.
os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")

UNTRACED: Final = frozenset({"/healthz", "/readyz", "/metrics"})


def _is_untraced(scope: MutableMapping[str, Any]) -> bool:
    """What a provider sends belongs to no trace of ours; what it is about may, and then goes on there."""
    return scope["path"] in UNTRACED or "/webhooks/" in scope["path"]


REQUEST_SPANS: Final[TelemetryConfig] = {
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
    "exclude": _is_untraced,
}
"""For FastAPI: one span a request. Metrics and logs are ours, and where spans go is for `configure_tracing` to say."""


class RequestsAndEvents(Sampler):
    """Records a share of the traces that begin with a request or an event.

    What a timer asks of a database begins none: that happens every second, and nobody reads it.
    """

    def __init__(self, ratio: float) -> None:
        self._share = TraceIdRatioBased(ratio)

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,  # noqa: ARG002 - the base class's parameter
    ) -> SamplingResult:
        """See OpenTelemetry."""
        if kind not in {SpanKind.SERVER, SpanKind.CONSUMER}:
            return SamplingResult(Decision.DROP)
        return self._share.should_sample(parent_context, trace_id, name, kind, attributes, links)

    def get_description(self) -> str:
        """See OpenTelemetry."""
        return f"RequestsAndEvents({self._share.get_description()})"


def configure_tracing(service: str, endpoint: str | None, sample_ratio: float) -> TracerProvider:
    """Make this process's tracer provider. Without an endpoint, spans carry the trace on and are not exported.

    `sample_ratio` holds for traces that start here; a caller's decision is followed.
    """
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}), sampler=ParentBased(RequestsAndEvents(sample_ratio))
    )
    if endpoint:
        provider.add_span_processor(BatchSpanProcessor(otlp_exporter(endpoint)))
    trace.set_tracer_provider(provider)
    return provider


def trace_engine(engine: AsyncEngine) -> None:
    """Give each SQL statement a span."""
    SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine)


def statement_span(name: str, statement: str) -> AbstractContextManager[Span | None]:
    """A span around a statement that goes to PostgreSQL's driver past SQLAlchemy, where the trace is recorded."""
    if not trace.get_current_span().is_recording():
        return nullcontext()
    return trace.get_tracer("parking_chassis").start_as_current_span(
        name, kind=SpanKind.CLIENT, attributes={"db.system.name": "postgresql", "db.query.text": statement}
    )
