"""Aggregations say what adding up one by one says."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from services.analytics.tests.contract.conftest import Store
from services.analytics.tests.events import LOT, NOON, OPERATOR, confirmed, counted, posted, spot_seen

from analytics_service.adapters.kafka.documents import (
    ledger_document,
    lot_sighting_document,
    reservation_document,
    spot_sighting_document,
)
from analytics_service.application.ports import Projection, Scope, StoreAway
from analytics_service.domain.buckets import Bucket, Interval, buckets
from analytics_service.domain.occupancy import Measure, booked_rates
from analytics_service.domain.revenue import Sums
from parking_events import LedgerEntryKind, ParkingSession, ReservationState, ReservationStatus
from parking_events.enumerations import Open, UnknownValue

ZURICH = ZoneInfo("Europe/Zurich")
SPRING = datetime(2026, 3, 27, 9, 30, tzinfo=ZURICH)
AUTUMN = datetime(2026, 10, 23, 9, 30, tzinfo=ZURICH)
WHOLE = Scope(OPERATOR)


@pytest.mark.parametrize("start", [SPRING, AUTUMN], ids=["the clock goes forward", "the clock goes back"])
@pytest.mark.parametrize("interval", [Interval.HOUR, Interval.DAY])
async def test_revenue_is_the_sum_of_the_ledger_to_the_cent(store: Store, start: datetime, interval: Interval) -> None:
    chance = random.Random(f"{start} {interval}")
    end = start + timedelta(days=5)
    entries = [
        posted(
            chance.randrange(10**6),
            chance.randrange(10**4),
            kind=chance.choice([*LedgerEntryKind]),
            at=start.astimezone(UTC) + timedelta(microseconds=chance.randrange(-(10**9), 433 * 10**9)),
            lot=chance.choice([LOT, UUID(int=71)]),
            currency=chance.choice(["CHF", "EUR"]),
        )
        for _ in range(800)
    ]
    await store.serving(*(ledger_document(entry) for entry in entries))
    periods = buckets(start, end, interval, ZURICH)
    for scope in (WHOLE, Scope(OPERATOR, LOT)):
        wanted = [
            sum(
                (
                    _plain(entry.kind, entry.gross.amount, entry.tax.amount)
                    for entry in entries
                    if entry.currency == "CHF"
                    and scope.parking_lot_id in {None, entry.parking_lot_id}
                    and period.starts_at <= entry.posted_at < period.ends_at
                ),
                Sums(),
            )
            for period in periods
        ]
        assert list(await store.figures.revenue(scope, periods, "CHF")) == wanted
    assert sorted(await store.figures.currencies(WHOLE)) == ["CHF", "EUR"]


def _plain(kind: Open[LedgerEntryKind], gross: int, tax: int) -> Sums:
    came = {LedgerEntryKind.PAYMENT, LedgerEntryKind.DISPUTE_REVERSAL}
    if kind is LedgerEntryKind.FEE:
        return Sums()
    if kind in came:
        return Sums(gross=gross, tax=tax, payments=int(kind is LedgerEntryKind.PAYMENT))
    return Sums(refunds=gross, tax=-tax)


async def test_an_entry_of_a_kind_that_came_later_moves_no_figure(store: Store) -> None:
    later = posted(500).model_copy(update={"kind": UnknownValue("added_later")})
    await store.serving(ledger_document(posted(1_000)), ledger_document(later))
    (sums,) = await store.figures.revenue(WHOLE, [Bucket(NOON, NOON + timedelta(hours=1))], "CHF")
    assert sums == Sums(gross=1_000, payments=1)


async def test_sums_of_large_amounts_are_exact(store: Store) -> None:
    """Doubles hold whole numbers up to 2^53: ninety thousand billion, in cents."""
    await store.serving(*(ledger_document(posted(amount)) for amount in (2**52 - 1, 2**52 - 3, 1)))
    (sums,) = await store.figures.revenue(WHOLE, [Bucket(NOON, NOON + timedelta(hours=1))], "CHF")
    assert sums.gross == 2**53 - 3


async def test_bookings_are_the_flow_of_stays(store: Store) -> None:
    chance = random.Random(3)
    events = [
        confirmed(
            begin, begin + timedelta(seconds=chance.randrange(1, 10**5)), status=chance.choice([*ReservationStatus])
        )
        for _ in range(500)
        if (begin := NOON + timedelta(seconds=chance.randrange(-(10**5), 10**5)))
    ]
    elsewhere = confirmed(lot=uuid4())
    await store.serving(*(reservation_document(event) for event in [*events, elsewhere]))
    periods = buckets(NOON, NOON + timedelta(hours=20), Interval.HOUR, ZURICH)
    holding = {"confirmed", "active", "completed", "no_show"}
    stays = [(event.starts_at, event.ends_at) for event in events if event.status.value in holding]
    there = [100 * period.length for period in periods]
    rates = booked_rates(periods, await store.figures.bookings(LOT, periods), there)
    for period, rate in zip(periods, rates, strict=True):
        overlaps = (min(end, period.ends_at) - max(begin, period.starts_at) for begin, end in stays)
        plain = sum((overlap for overlap in overlaps if overlap > timedelta()), timedelta())
        assert rate == pytest.approx(plain / (100 * period.length))


async def test_only_what_was_not_given_back_flows(store: Store) -> None:
    """Out after a quarter, and sold again from there; out before it began; driven out late."""
    quarter = timedelta(minutes=15)

    def out(begin: datetime, end: datetime, exited_at: datetime) -> ReservationState:
        stay = ParkingSession(parking_session_id=uuid4(), entered_at=begin - quarter, exited_at=exited_at)
        return confirmed(begin, end, status=ReservationStatus.COMPLETED, parking_session=stay)

    events = [
        out(NOON, NOON + 4 * quarter, NOON + quarter),
        confirmed(NOON + quarter, NOON + 4 * quarter, created_at=NOON + quarter),
        out(NOON + 4 * quarter, NOON + 8 * quarter, NOON + 3 * quarter),
        out(NOON + 4 * quarter, NOON + 5 * quarter, NOON + 7 * quarter),
    ]
    await store.serving(*(reservation_document(event) for event in events))
    periods = buckets(NOON, NOON + 8 * quarter, Interval.QUARTER_HOUR, ZURICH)
    there = [period.length for period in periods]
    rates = booked_rates(periods, await store.figures.bookings(LOT, periods), there)
    assert rates == [1, 1, 1, 1, 1, 0, 0, 0]


async def test_of_documents_of_an_earlier_release_no_figure_is_made(store: Store) -> None:
    document = reservation_document(confirmed())
    body = {name: value for name, value in document.body.items() if not name.startswith("booked_")}
    await store.serving(replace(document, body=body), reservation_document(confirmed(lot=uuid4())))
    with pytest.raises(StoreAway, match="an earlier release built the index"):
        await store.figures.bookings(LOT, [Bucket(NOON, NOON + timedelta(hours=1))])
    later = [Bucket(NOON + timedelta(days=9), NOON + timedelta(days=10))]
    with pytest.raises(StoreAway):
        await store.figures.bookings(LOT, later)


async def test_sightings_come_in_the_order_of_time_and_from_a_day_before(store: Store) -> None:
    spot, hour = uuid4(), timedelta(hours=1)
    await store.serving(
        spot_sighting_document(spot_seen(spot, NOON + hour, occupied=False, version=3)),
        lot_sighting_document(counted(3, 4, NOON)),
        spot_sighting_document(spot_seen(spot, NOON - 23 * hour, occupied=True, version=2)),
        spot_sighting_document(spot_seen(spot, NOON - 25 * hour, occupied=False, version=1)),
        spot_sighting_document(spot_seen(spot, NOON + 3 * hour, occupied=True, version=4)),
        lot_sighting_document(counted(1, 4, NOON, lot=uuid4())),
    )
    found = [each async for each in store.figures.sightings(LOT, Bucket(NOON, NOON + 2 * hour))]
    assert [(each.measure, each.source, each.at, each.occupied, each.capacity) for each in found] == [
        (Measure.SPOT, str(spot), NOON - 23 * hour, 1, 1),
        (Measure.COUNT, "", NOON, 3, 4),
        (Measure.SPOT, str(spot), NOON + hour, 0, 1),
    ]


async def test_more_sightings_than_a_page_are_all_read(store: Store) -> None:
    count = 12_001
    events = (counted(1, 4, NOON + timedelta(seconds=number // 3), version=number + 1) for number in range(count))
    await store.serving(*(lot_sighting_document(event) for event in events))
    period = Bucket(NOON, NOON + timedelta(days=1))
    assert len([each async for each in store.figures.sightings(LOT, period)]) == count


async def test_without_an_alias_nothing_can_be_said(store: Store) -> None:
    index = await store.serving(ledger_document(posted()))
    await store.indices.drop(index)
    with pytest.raises(StoreAway):
        await store.figures.currencies(WHOLE)
    assert await store.indices.led_to(Projection.LEDGER) is None
