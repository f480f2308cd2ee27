"""OpenTelemetry: one trace from the gateway through HTTP, outbox, Kafka and every consumer."""

from typing import Any

from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor  # pyright: ignore[reportMissingTypeStubs]
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from sqlalchemy.ext.asyncio import AsyncEngine

UNTRACED = "healthz,readyz,metrics"


def configure_tracing(service: str, endpoint: str | None, sample_ratio: float) -> TracerProvider:
    """Make this process's tracer provider. Without an endpoint, spans carry the trace on and are not exported.

    `sample_ratio` holds for traces that start here; a caller's decision is followed.
    """
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}),
        sampler=ParentBased(TraceIdRatioBased(sample_ratio)),
    )
    if endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    trace.set_tracer_provider(provider)
    return provider


def trace_app(app: FastAPI) -> None:
    """Give each request a span; one span a request, none for each message of its body."""
    FastAPIInstrumentor.instrument_app(
        app, excluded_urls=UNTRACED, exclude_spans=["receive", "send"], server_request_hook=_leave_query_out
    )


def _leave_query_out(span: trace.Span, scope: dict[str, Any]) -> None:
    """Queries may name people (`/users?query=…`), and traces must not."""
    if span.is_recording():
        span.set_attribute("http.url", scope["path"])


def trace_engine(engine: AsyncEngine) -> None:
    """Give each SQL statement a span."""
    SQLAlchemyInstrumentor().instrument(engine=engine.sync_engine)
