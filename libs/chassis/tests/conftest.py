from collections.abc import Iterator

import pytest
from opentelemetry import propagate
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.test.globals_test import reset_trace_globals

from parking_chassis.span_export import SpanSender
from parking_chassis.telemetry import configure_tracing


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What leaves the process; every trace that begins here is sampled."""
    reset_trace_globals()
    propagator, exporter = propagate.get_global_textmap(), InMemorySpanExporter()
    provider = configure_tracing("test", endpoint=None, sample_ratio=1)
    provider.add_span_processor(SimpleSpanProcessor(SpanSender(exporter)))
    yield exporter
    provider.shutdown()
    propagate.set_global_textmap(propagator)
    reset_trace_globals()
