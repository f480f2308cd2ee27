"""Revenue is what the books say, on the lot's own clock, in one currency."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from services.analytics.tests.events import LOT, NOON, ONE, OPERATOR, lot_created, posted
from services.analytics.tests.fakes.installation import FakeInstallation

from analytics_service.application.queries.get_revenue import GetRevenue
from analytics_service.domain.buckets import Interval
from analytics_service.domain.errors import InvalidQuestion, UnknownLot, UnknownOrganization
from analytics_service.domain.revenue import Sums
from parking_events import LedgerEntryKind
from parking_kernel.askers import EVERYTHING, Asker

OWNER = Asker(organizations=frozenset({OPERATOR}))
DAY = timedelta(days=1)


def of(
    *, lot: UUID | None = None, operator: UUID | None = None, asker: Asker = OWNER, currency: str | None = None
) -> GetRevenue:
    return GetRevenue(asker, lot, operator, NOON - DAY, NOON + DAY, Interval.DAY, currency)


SUMS = st.builds(Sums, st.integers(), st.integers(), st.integers(), st.integers())


@given(one=SUMS, other=SUMS)
def test_sums_add_up_field_by_field(one: Sums, other: Sums) -> None:
    assert (one + other).net == one.net + other.net
    assert one + Sums() == one


async def test_each_kind_of_entry_goes_its_way(analytics: FakeInstallation) -> None:
    kinds = LedgerEntryKind
    await analytics.consumes(
        lot_created(),
        posted(10_000, 700),
        posted(3_000, 200),
        posted(1_000, 70, kind=kinds.REFUND),
        posted(2_000, 140, kind=kinds.DISPUTE),
        posted(2_000, 140, kind=kinds.DISPUTE_REVERSAL),
        posted(50, kind=kinds.FEE),
    )
    revenue = await analytics.get_revenue(of(lot=LOT))
    assert revenue.total == Sums(gross=15_000, refunds=3_000, tax=830, payments=2)
    assert revenue.total.net == 15_000 - 3_000 - 830


async def test_an_organization_sees_all_its_lots_and_nobody_elses(analytics: FakeInstallation) -> None:
    second = uuid4()
    await analytics.consumes(
        lot_created(), lot_created(second), posted(100), posted(10, lot=second), posted(1, operator=uuid4())
    )
    assert (await analytics.get_revenue(of(operator=OPERATOR))).total.gross == 110
    assert (await analytics.get_revenue(of(lot=second))).total.gross == 10


async def test_an_entry_belongs_to_the_bucket_in_which_it_was_posted(analytics: FakeInstallation) -> None:
    await analytics.consumes(lot_created(), posted(1, at=NOON), posted(2, at=ONE))
    question = GetRevenue(OWNER, LOT, None, NOON, ONE + timedelta(hours=1), Interval.HOUR, None)
    revenue = await analytics.get_revenue(question)
    assert [sums.gross for _, sums in revenue.buckets] == [1, 2]


async def test_lots_of_several_zones_share_the_days_of_utc(analytics: FakeInstallation) -> None:
    await analytics.consumes(lot_created(), lot_created(uuid4(), zone="America/New_York"), posted(1))
    revenue = await analytics.get_revenue(of(operator=OPERATOR))
    assert [bucket.ends_at.hour for bucket, _ in revenue.buckets] == [0, 0, 12]


async def test_of_several_currencies_one_must_be_named(analytics: FakeInstallation) -> None:
    await analytics.consumes(lot_created(), posted(1), posted(2, currency="EUR"))
    with pytest.raises(InvalidQuestion, match="currency must be given: there are CHF, EUR"):
        await analytics.get_revenue(of(lot=LOT))
    assert (await analytics.get_revenue(of(lot=LOT, currency="EUR"))).total.gross == 2


async def test_where_nothing_was_booked_the_lots_currency_is_meant(analytics: FakeInstallation) -> None:
    await analytics.consumes(lot_created())
    assert (await analytics.get_revenue(of(lot=LOT))).currency == "CHF"
    nobody = uuid4()
    with pytest.raises(InvalidQuestion, match="nothing was booked yet"):
        await analytics.get_revenue(of(operator=nobody, asker=Asker(organizations=frozenset({nobody}))))


async def test_what_is_anothers_does_not_exist(analytics: FakeInstallation) -> None:
    stranger = Asker(organizations=frozenset({uuid4()}))
    await analytics.consumes(lot_created(), posted())
    with pytest.raises(UnknownLot):
        await analytics.get_revenue(of(lot=LOT, asker=stranger))
    with pytest.raises(UnknownOrganization):
        await analytics.get_revenue(of(operator=OPERATOR, asker=stranger))
    admin = Asker(permissions=frozenset({EVERYTHING}))
    assert (await analytics.get_revenue(of(lot=LOT, asker=admin))).total.payments == 1


@pytest.mark.parametrize(("lot", "operator"), [(None, None), (LOT, OPERATOR)], ids=["neither", "both"])
async def test_one_scope_is_named_and_only_one(
    analytics: FakeInstallation, lot: UUID | None, operator: UUID | None
) -> None:
    with pytest.raises(InvalidQuestion) as refused:
        await analytics.get_revenue(of(lot=lot, operator=operator))
    assert refused.value.field == "parking_lot_id"
