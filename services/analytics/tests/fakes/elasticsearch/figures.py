from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.analytics.tests.fakes.elasticsearch.cluster import FakeCluster

from analytics_service.application.ports import Projection, Scope, StoreAway
from analytics_service.domain.buckets import Bucket
from analytics_service.domain.occupancy import FRESH_FOR, Bookings, Flow, Measure, Sighting
from analytics_service.domain.revenue import Sums

Body = dict[str, Any]


class FakeFigures:
    """Adds documents up one by one."""

    def __init__(self, cluster: FakeCluster) -> None:
        self._cluster = cluster

    async def revenue(self, scope: Scope, periods: Sequence[Bucket], currency: str) -> Sequence[Sums]:
        entries = [body for body in self._ledger(scope) if body["currency"] == currency]
        return [
            sum((_sums(body) for body in entries if _is_in(period, body["posted_at"])), Sums()) for period in periods
        ]

    async def currencies(self, scope: Scope) -> Sequence[str]:
        return sorted({body["currency"] for body in self._ledger(scope)})

    async def bookings(self, parking_lot_id: UUID, periods: Sequence[Bucket]) -> Bookings:
        start, end = periods[0].starts_at, periods[-1].ends_at
        held = [
            body
            for body in self._of_lot(Projection.RESERVATIONS, parking_lot_id)
            if body["status"] in {"confirmed", "active", "completed", "no_show"}
        ]
        if any("booked_until" not in body for body in held):
            raise StoreAway("an earlier release built the index")
        booked = [(_at(body["booked_from"]), _at(body["booked_until"])) for body in held]
        stays = [(begin, until) for begin, until in booked if begin < end and until > start]
        return bookings_of(stays, periods)

    async def sightings(self, parking_lot_id: UUID, period: Bucket) -> AsyncGenerator[Sighting]:
        earliest = period.starts_at - max(FRESH_FOR.values())
        bodies = self._of_lot(Projection.OCCUPANCY, parking_lot_id)
        for body in sorted(bodies, key=lambda body: (_at(body["observed_at"]), body["version"])):
            if earliest <= _at(body["observed_at"]) < period.ends_at:
                measure = Measure.SPOT if body.get("spot_id") else Measure.COUNT
                at, source = _at(body["observed_at"]), body.get("spot_id") or ""
                yield Sighting(measure, source, at, body["occupied"], body["capacity"])

    def _ledger(self, scope: Scope) -> list[Body]:
        return [
            body
            for body in self._bodies(Projection.LEDGER)
            if body["organization_id"] == str(scope.organization_id)
            and scope.parking_lot_id in {None, UUID(body["parking_lot_id"])}
        ]

    def _of_lot(self, projection: Projection, parking_lot_id: UUID) -> list[Body]:
        return [body for body in self._bodies(projection) if body["parking_lot_id"] == str(parking_lot_id)]

    def _bodies(self, projection: Projection) -> list[Body]:
        self._cluster.require()
        return [dict(document.body) for document in self._cluster.found(projection).values()]


def bookings_of(stays: Sequence[tuple[datetime, datetime]], periods: Sequence[Bucket]) -> Bookings:
    """The flow of stays that overlap the periods."""
    begins, ends = [begin for begin, _ in stays], [end for _, end in stays]
    flows = [Flow(*_counted(begins, period), *_counted(ends, period)) for period in periods]
    return Bookings(sum(begin < periods[0].starts_at for begin in begins), flows)


def _counted(instants: Sequence[datetime], period: Bucket) -> tuple[int, timedelta]:
    within = [at for at in instants if period.starts_at <= at < period.ends_at]
    return len(within), sum((period.ends_at - at for at in within), timedelta())


def _sums(body: Body) -> Sums:
    gross, tax = body["gross"], body["tax"]
    match body["kind"]:
        case "payment":
            return Sums(gross=gross, tax=tax, payments=1)
        case "dispute_reversal":
            return Sums(gross=gross, tax=tax)
        case "refund" | "dispute":
            return Sums(refunds=gross, tax=-tax)
        case _:
            return Sums()


def _is_in(period: Bucket, instant: str) -> bool:
    return period.starts_at <= _at(instant) < period.ends_at


def _at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)
