"""OpenTelemetry: one trace from the gateway through HTTP, outbox, Kafka and every consumer."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor  # pyright: ignore[reportMissingTypeStubs]
from opentelemetry.instrumentation.utils import suppress_http_instrumentation
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Receive, Scope, Send

from parking_chassis.span_export import otlp_exporter

# The stable names of attributes; the instrumentations have this switch in the environment alone.
os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")

NO_NATIVE_TELEMETRY: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""For FastAPI, which would trace, measure and log requests by itself: `TracedApplication` and `RequestContext` do."""

_UNTRACED: Final = r"^[a-z]+://[^/]*/(?:healthz|readyz|metrics)$,/webhooks/"
_WEBHOOKS: Final = "/webhooks/"
"""Probes; and what a provider sends, which belongs to no trace of ours: what it is about may, and goes on there."""

_TRACE_HEADERS: Final = frozenset({b"traceparent", b"tracestate"})
_PROPAGATOR: Final = TraceContextTextMapPropagator()
_IDS: Final = RandomIdGenerator()
_OWN_CONTEXT: Final = "parking_chassis.context"


class TracedApplication(FastAPI):
    """An application whose requests each have one span, named by its route and made by OpenTelemetry's instrumentation.

    It makes no span for each ASGI message and no metrics, since Prometheus has ours. A request whose caller says that
    its trace is not sampled passes the instrumentation by, which would cost as much as for one that is: it only gets
    its place in the trace, for the log and for what it sends on (docs/decisions/0031).
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(telemetry=NO_NATIVE_TELEMETRY, **options)
        self.add_middleware(_InOwnContext)
        FastAPIInstrumentor.instrument_app(
            self, excluded_urls=_UNTRACED, exclude_spans=["receive", "send"], meter_provider=NoOpMeterProvider()
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        context = _unsampled(scope)
        if context is None:
            await super().__call__(scope, receive, send)
            return
        scope[_OWN_CONTEXT] = context
        token = attach(context)
        try:
            with suppress_http_instrumentation():
                await super().__call__(scope, receive, send)
        finally:
            detach(token)


class _InOwnContext:
    """ASGI middleware: the instrumentation is suppressed no further than this, so that calls carry the trace on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        context: Context | None = scope.get(_OWN_CONTEXT)
        if context is None:
            await self._app(scope, receive, send)
            return
        token = attach(context)
        try:
            await self._app(scope, receive, send)
        finally:
            detach(token)


def _unsampled(scope: Scope) -> Context | None:
    """The place of a request in its caller's trace, where that is not sampled."""
    if scope["type"] not in {"http", "websocket"} or _WEBHOOKS in scope["path"]:
        return None
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"] if name in _TRACE_HEADERS}
    caller = trace.get_current_span(_PROPAGATOR.extract(headers, Context())).get_span_context()
    if not caller.is_valid or caller.trace_flags.sampled:
        return None
    own = SpanContext(
        caller.trace_id,
        _IDS.generate_span_id(),
        is_remote=False,
        trace_flags=TraceFlags(),
        trace_state=caller.trace_state,
    )
    return trace.set_span_in_context(NonRecordingSpan(own))


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
    # Without `baggage`: what a client writes there would go on to every service that is called, and to the provider.
    set_global_textmap(_PROPAGATOR)
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
