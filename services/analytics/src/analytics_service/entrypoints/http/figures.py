"""Revenue and occupancy."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from analytics_service.application.queries.get_occupancy import GetOccupancy
from analytics_service.application.queries.get_revenue import GetRevenue
from analytics_service.domain.buckets import MOST, Interval
from analytics_service.domain.revenue import Sums
from analytics_service.entrypoints.http.dependencies import AskedBy, Does
from parking_chassis.api_document import may_answer
from parking_chassis.instants import Instant
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import CURRENCY, ResponseBody

router = APIRouter(prefix="/api/v1/analytics", tags=["analytics"])

From = Annotated[
    Instant, Query(alias="from", description="the first instant, with an offset; the first bucket begins here")
]
To = Annotated[
    Instant, Query(alias="to", description="the first instant after, with an offset; the last bucket ends here")
]
IntervalOf = Annotated[
    Interval,
    Query(
        description="how long a bucket is: 15 minutes, an hour, or a day of the calendar in the lot's own time zone "
        f"(in UTC for lots of several zones). A period may have {MOST} of them at most"
    ),
]


class SumsView(ResponseBody):
    """In minor units: captured, given back, the tax within what remains, what is left, and how many payments."""

    gross: int
    refunds: int
    tax: int
    net: int
    payments: int


class RevenueBucketView(SumsView):
    """The sums of one bucket."""

    from_: Annotated[datetime, Field(serialization_alias="from")]
    to: datetime


class RevenueView(ResponseBody):
    """The sums of each bucket, and of all."""

    currency: str
    interval: Interval
    buckets: list[RevenueBucketView]
    total: SumsView


class OccupancyBucketView(ResponseBody):
    """The booked and the sensed share of a bucket, between 0 and 1; none where nothing is known.

    `booked_rate` is the time that is or was held by paid reservations, over the time of all spots that the lot had
    then; what was given back by driving out early is not booked. `sensed_rate` is what counters or sensors saw,
    weighted by time, over `sensed_spots`: the number of spots of which anything was known, on average. Neither follows
    from the other.
    """

    from_: Annotated[datetime, Field(serialization_alias="from")]
    to: datetime
    booked_rate: float | None
    sensed_rate: float | None
    sensed_spots: float
    as_of: datetime


class OccupancyView(ResponseBody):
    """The rates of each bucket."""

    buckets: list[OccupancyBucketView]


@router.get("/revenue")
@may_answer(NOT_FOUND)
async def get_revenue(
    does: Does,
    asker: AskedBy,
    starts_at: From,
    ends_at: To,
    parking_lot_id: Annotated[UUID | None, Query(description="this lot; or name an organization")] = None,
    organization_id: Annotated[UUID | None, Query(description="all lots of this organization")] = None,
    interval: IntervalOf = Interval.DAY,
    currency: Annotated[
        str | None,
        Query(pattern=CURRENCY, description="ISO 4217; may be left out where there is money in one currency alone"),
    ] = None,
) -> RevenueView:
    """What a lot or an organization earned, as the payment ledger says."""
    question = GetRevenue(asker, parking_lot_id, organization_id, starts_at, ends_at, interval, currency)
    revenue = await does.get_revenue(question)
    return RevenueView(
        currency=revenue.currency,
        interval=interval,
        buckets=[
            RevenueBucketView(from_=bucket.starts_at, to=bucket.ends_at, **_sums(sums))
            for bucket, sums in revenue.buckets
        ],
        total=SumsView(**_sums(revenue.total)),
    )


@router.get("/occupancy")
@may_answer(NOT_FOUND)
async def get_occupancy(
    does: Does,
    asker: AskedBy,
    parking_lot_id: UUID,
    starts_at: From,
    ends_at: To,
    interval: IntervalOf = Interval.HOUR,
) -> OccupancyView:
    """How full a lot was, weighted by time: by what was booked, and by what sensors saw."""
    question = GetOccupancy(asker, parking_lot_id, starts_at, ends_at, interval)
    found, as_of = await does.get_occupancy(question)
    return OccupancyView(
        buckets=[
            OccupancyBucketView(
                from_=each.bucket.starts_at,
                to=each.bucket.ends_at,
                booked_rate=each.booked,
                sensed_rate=each.sensed,
                sensed_spots=round(each.sensed_spots, 2),
                as_of=as_of,
            )
            for each in found
        ]
    )


def _sums(sums: Sums) -> dict[str, int]:
    return {
        "gross": sums.gross,
        "refunds": sums.refunds,
        "tax": sums.tax,
        "net": sums.net,
        "payments": sums.payments,
    }
