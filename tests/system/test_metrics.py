"""The eight metrics count what happened in a journey, read as Prometheus reads them: from each process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import uuid4

import httpx
import pytest
from httpx import codes
from prometheus_client.parser import text_string_to_metric_families
from tests.system.backstage import Databases, Provider

from parking_demo.people import API, CarPark, Driver, Operator, require, soon
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import wait_until

CURRENCY = "NOK"
"""Of this journey alone, so that its money is distinguished from that of other tests."""
HOURLY = 300  # the least that can be charged in that currency
PRICE = 3 * HOURLY
DRIFT = "topic_settings_drift"
PATIENCE = 60
"""Figures of the whole are read from the tables every 15 s."""


@dataclass(frozen=True)
class Scrape:
    """What the processes showed at one moment. A service's two are named as its ports are: `auth`, `auth_worker`."""

    samples: Mapping[tuple[str, str, frozenset[tuple[str, str]]], float]

    @classmethod
    async def of(cls, platform: RunningPlatform, *processes: str) -> Self:
        """Ask these processes."""
        async with httpx.AsyncClient(trust_env=False) as client:
            pages = {each: (await client.get(f"{platform.address(each)}/metrics")).text for each in processes}
        return cls(
            {
                (process, sample.name, frozenset(sample.labels.items())): sample.value
                for process, page in pages.items()
                for family in text_string_to_metric_families(page)
                for sample in family.samples
            }
        )

    def shows(self, process: str, metric: str) -> bool:
        """Whether there is such a sample at all."""
        return any((shown_by, name) == (process, metric) for shown_by, name, _ in self.samples)

    def value(self, process: str, metric: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels; 0 where there is none yet."""
        wanted = labels.items()
        return sum(
            value
            for (shown_by, name, has), value in self.samples.items()
            if (shown_by, name) == (process, metric) and wanted <= dict(has).items()
        )


@dataclass(frozen=True)
class Journey:
    """What was shown before and after."""

    before: Scrape
    after: Scrape

    def counted(self, process: str, metric: str, **labels: str) -> float:
        """How much more it is."""
        return self.after.value(process, metric, **labels) - self.before.value(process, metric, **labels)


async def test_the_eight_metrics_count_the_journey(
    platform: RunningPlatform, databases: Databases, provider: Provider, operator: Operator, driver: Driver
) -> None:
    services = list(platform.parts.settings.services)
    processes = [*services, *(f"{service}_worker" for service in services)]
    lot = await operator.open_lot(spots=2, hourly=HOURLY, currency=CURRENCY)
    logins, (watched, taken) = await _open_logins(databases), await _watched_spots(databases)

    before = await Scrape.of(platform, *processes)
    await _travel(driver, operator, lot, provider)
    journey = Journey(before, await Scrape.of(platform, *processes))

    _assert_reservations(journey)
    _assert_requests_and_errors(journey)
    _assert_cache_hits(journey)
    for service in services:
        await _assert_connections(platform, databases, service)
        _assert_topics(journey.after, f"{service}_worker")
    await _comes_to(platform, "auth_worker", "active_user_sessions", logins + 1)
    await _comes_to(platform, "parking_worker", "occupancy_rate", (taken + 1) / (watched + len(lot.spots)))
    earned = before.value("payment_worker", "revenue_total", currency=CURRENCY) + PRICE
    await _comes_to(platform, "payment_worker", "revenue_total", earned, currency=CURRENCY)


async def test_what_waits_is_shown_though_no_worker_lives(
    platform: RunningPlatform, operator: Operator, driver: Driver
) -> None:
    """Each service's `serve` asks its database: its workers cannot say that they are dead."""
    services = list(platform.parts.settings.services)
    shown = await Scrape.of(platform, *services)
    figures = ("outbox_unsent", "outbox_oldest_age_seconds")
    assert [(each, figure) for each in services for figure in figures if not shown.shows(each, figure)] == []

    lot = await operator.open_lot(spots=1)
    await _comes_to(platform, "reservation", "outbox_unsent", 0)
    async with platform.stack.without("reservation-work"):
        require(await driver.reserve(lot, start=soon()), codes.CREATED)
        waiting = await Scrape.of(platform, "reservation")
        assert waiting.value("reservation", "outbox_unsent") == 1
        age = waiting.value("reservation", "outbox_oldest_age_seconds")
        later = (await Scrape.of(platform, "reservation")).value("reservation", "outbox_oldest_age_seconds")
        assert 0 < age < later
    await _comes_to(platform, "reservation", "outbox_unsent", 0)


async def _travel(driver: Driver, operator: Operator, lot: CarPark, provider: Provider) -> None:
    """On a second device: book, find the spot taken twice, pay though the provider fails once, drive in and out."""
    await driver.sign_in()
    start, spot = soon(), lot.spots["1"]
    reservation = require(await driver.reserve(lot, start=start, spot_id=spot), codes.CREATED).json()
    for _ in range(2):
        require(await driver.reserve(lot, start=start, spot_id=spot), codes.CONFLICT)

    await provider.refuse("POST", "/v1/payment_intents", times=1)
    payment = {"charge_token": reservation["charge"]["token"]}
    unpaid = await driver.post("/payments", payment, headers={"Idempotency-Key": str(uuid4())})
    require(unpaid, codes.SERVICE_UNAVAILABLE)
    await provider.turn(webhook_repeat=2)
    await driver.pay(reservation)
    await driver.wait_for_status(reservation["id"], "confirmed")

    code = await driver.qr_text(reservation["id"])
    await operator.gate("check-in", lot, code)
    seen = {"readings": [{"spot_id": spot, "occupied": True, "at": datetime.now(UTC).isoformat()}]}
    require(await operator.post(f"/parking-lots/{lot.id}/occupancy", seen), codes.OK)
    await operator.gate("check-out", lot, code)


def _assert_reservations(journey: Journey) -> None:
    outcomes = {"created": 1, "refused": 2, "checked_in": 1, "completed": 1}
    assert {each: journey.counted("reservation", "reservations_total", outcome=each) for each in outcomes} == outcomes
    assert journey.counted("reservation_worker", "reservations_total", outcome="confirmed") == 1


def _assert_topics(scrape: Scrape, worker: str) -> None:
    """The worker has compared its topics with the catalogue, and they are as it says."""
    found = [value for (shown_by, name, _), value in scrape.samples.items() if (shown_by, name) == (worker, DRIFT)]
    assert found, worker
    assert set(found) == {0}, worker


def _assert_requests_and_errors(journey: Journey) -> None:
    """A refusal is no error."""
    bookings, payments = f"{API}/reservations", f"{API}/payments"
    for service, route, statuses in (
        ("reservation", bookings, {"201": 1, "409": 2}),
        ("payment", payments, {"201": 1, "503": 1}),
    ):
        asked = {"method": "POST", "route": route}
        for status, times in statuses.items():
            counted = journey.counted(service, "request_duration_seconds_count", status=status, **asked)
            assert counted == times, (route, status)
        assert 0 < journey.counted(service, "request_duration_seconds_sum", **asked) < PATIENCE
    assert journey.counted("payment", "errors_total", where=payments) == 1
    assert journey.counted("reservation", "errors_total") == 0


def _assert_cache_hits(journey: Journey) -> None:
    """Each request to reservation shows a token; those of the second device and of the operator were new to it."""
    lookups = {"metric": "cache_lookups_total", "cache": "access_tokens"}
    requests = journey.counted("reservation", "request_duration_seconds_count")
    assert journey.counted("reservation", **lookups) == requests
    assert journey.counted("reservation", **lookups, outcome="miss") == 2
    hits, all_of_them = (
        journey.after.value("reservation", **lookups, **outcome) for outcome in ({"outcome": "hit"}, {})
    )
    rate = journey.after.value("reservation", "cache_hit_rate", cache="access_tokens")
    assert rate == pytest.approx(hits / all_of_them)
    assert journey.counted("reservation", "cache_lookups_total", cache="alternatives") == 2


async def _assert_connections(platform: RunningPlatform, databases: Databases, service: str) -> None:
    """Those of a service's pools are those that PostgreSQL has."""
    named = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = ANY($1)"

    async def agree() -> bool:
        shown = await Scrape.of(platform, service, f"{service}_worker")
        open_connections = await databases.rows(service, named, [service, f"{service}-booking"])
        counted = sum(shown.value(process, "database_connections") for process in (service, f"{service}_worker"))
        return 0 < counted == len(open_connections)

    await wait_until(agree, f"database_connections of {service} to be those of PostgreSQL")


async def _comes_to(platform: RunningPlatform, process: str, metric: str, expected: float, **labels: str) -> None:
    async def reached() -> bool:
        return (await Scrape.of(platform, process)).value(process, metric, **labels) == pytest.approx(expected)

    await wait_until(reached, f"{metric} of {process} to be {expected}", seconds=PATIENCE)


async def _open_logins(databases: Databases) -> int:
    return (await databases.rows("auth", "SELECT count(*) FROM logins WHERE ended_at IS NULL"))[0]["count"]


async def _watched_spots(databases: Databases) -> tuple[int, int]:
    """How many there are, and how many of them are taken."""
    statement = """SELECT coalesce(sum(usable), 0)::int, coalesce(sum(taken), 0)::int FROM free_spots
        WHERE taken IS NOT NULL"""
    usable, taken = (await databases.rows("parking", statement))[0]
    return usable, taken
