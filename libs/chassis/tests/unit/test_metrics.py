"""How often caches could answer, and what is there to be read before anything went wrong."""

import asyncio
import itertools
from typing import Any

import httpx
from fastapi import APIRouter, FastAPI
from prometheus_client import REGISTRY, CollectorRegistry, Gauge
from prometheus_client.core import CounterMetricFamily

from parking_chassis.app import create_app
from parking_chassis.health import CHECK_TIMEOUT, ReadFigures
from parking_chassis.metrics import CacheLookups, LeaderFigure
from parking_chassis.process import every


def test_the_rate_is_that_of_the_lookups() -> None:
    registry, lookups = CollectorRegistry(), CacheLookups()
    registry.register(lookups)
    assert registry.get_sample_value("cache_hit_rate", {"cache": "tokens"}) is None, "nobody asked yet"

    for hit in (False, True, True, True):
        lookups.count("tokens", hit=hit)
    lookups.count("others", hit=False)

    assert registry.get_sample_value("cache_hit_rate", {"cache": "tokens"}) == 0.75
    assert registry.get_sample_value("cache_hit_rate", {"cache": "others"}) == 0
    assert registry.get_sample_value("cache_lookups_total", {"cache": "tokens", "outcome": "hit"}) == 3
    assert registry.get_sample_value("cache_lookups_total", {"cache": "tokens", "outcome": "miss"}) == 1


class Verifier:
    """No request signs in here."""


def application(*figures: ReadFigures) -> FastAPI:
    router = APIRouter()

    @router.get("/api/v1/things/{thing_id}")
    async def get_thing(thing_id: str) -> str:
        return thing_id

    verifier: Any = Verifier()
    return create_app(
        "service", "A service.", routers=[router], problems={}, readiness={}, token_verifier=verifier, figures=figures
    )


async def scraped(app: FastAPI) -> str:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    return answer.text


async def test_figures_are_read_when_somebody_asks() -> None:
    gauge, read = Gauge("things_waiting", "For this test"), itertools.count(1)

    async def figures() -> None:
        gauge.set(next(read))

    app = application(figures)
    assert "things_waiting 1.0" in (await scraped(app)).splitlines()
    assert "things_waiting 2.0" in (await scraped(app)).splitlines()


async def test_figures_that_cannot_be_read_take_no_others_with_them() -> None:
    async def refused() -> None:
        raise ConnectionRefusedError

    async def silent() -> None:
        await asyncio.Event().wait()

    async with asyncio.timeout(CHECK_TIMEOUT + 3):
        assert "process_start_time_seconds" in await scraped(application(refused, silent))


def test_errors_are_counted_from_the_start() -> None:
    """A counter that appears with its first error shows no increase to an alarm."""

    async def nothing() -> None:
        """Does nothing."""

    application()
    every(1.0, "a_timer", nothing)
    for where in ("/api/v1/things/{thing_id}", "a_timer"):
        assert REGISTRY.get_sample_value("errors_total", {"where": where}) == 0
    assert REGISTRY.get_sample_value("errors_total", {"where": "/metrics"}) is None


def test_a_leaders_figure_is_absent_where_it_is_not_known() -> None:
    leads = True
    figure = LeaderFigure(lambda: leads, "things_late", "Late things")

    def samples() -> list[float]:
        return [sample.value for family in figure.collect() for sample in family.samples]

    assert samples() == []
    figure.show(3)
    assert samples() == [3]
    figure.show(None)
    assert samples() == []
    figure.show(2)
    leads = False
    assert samples() == []
    leads = True
    assert samples() == []  # what it knew when it led before is old


def test_a_leaders_figure_may_have_a_label_and_be_a_counter() -> None:
    figure = LeaderFigure(lambda: True, "revenue", "Captured", label="currency", kind=CounterMetricFamily)
    figure.show_each({"CHF": 1200, "EUR": 5})
    found = [(s.name, dict(s.labels), s.value) for family in figure.collect() for s in family.samples]
    assert found == [("revenue_total", {"currency": "CHF"}, 1200), ("revenue_total", {"currency": "EUR"}, 5)]
