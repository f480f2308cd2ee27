"""The figures of the whole service that are read from its tables: by the leading worker, and by `serve` when asked."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import REGISTRY

from parking_chassis.metrics import LeaderFigure
from payment_service.application.commands.sum_up_captured import SumUpCaptured
from payment_service.application.queries.count_unsettled import CountUnsettled
from payment_service.application.queries.find_unsettled_orders import FindUnsettledOrders
from payment_service.application.queries.find_unsettled_payments import FindUnsettledPayments
from payment_service.bootstrap import Payments

Leads = Callable[[], bool]
CountsUnsettled = Callable[[Payments], Awaitable[tuple[int, int]]]


async def counted(service: Payments) -> tuple[int, int]:
    """For those who ask for the metrics, which may be often: nothing is logged."""
    return await service.use_cases.count_unsettled(CountUnsettled(_patience(service)))


async def found(service: Payments) -> tuple[int, int]:
    """For the worker's timer: what is found is logged too."""
    does, patience = service.use_cases, _patience(service)
    payments = await does.find_unsettled_payments(FindUnsettledPayments(patience))
    orders = await does.find_unsettled_orders(FindUnsettledOrders(patience))
    return len(payments), len(orders)


class Alarms:
    """How much money is in the wrong place, and what the last comparison with the provider found."""

    def __init__(self, service: Payments, leads: Leads, unsettled: CountsUnsettled) -> None:
        self._service = service
        self._unsettled = unsettled
        self.figures = (
            LeaderFigure(
                leads,
                "payments_unsettled",
                "Captured payments that settle nothing and were not given back; alarm above 0",
            ),
            LeaderFigure(leads, "refund_orders_unsettled", "Refund orders neither paid nor closed; alarm above 0"),
            LeaderFigure(
                leads, "refunds_stuck", "Refunds that failed at least once and have not arrived; alarm above 0"
            ),
            LeaderFigure(
                leads, "provider_differences", "Differences that the last daily comparison with the provider found"
            ),
            LeaderFigure(
                leads,
                "provider_reports_parked",
                "Reports of the provider on another amount than the charge's, not booked; alarm above 0",
            ),
        )

    async def __call__(self) -> None:
        """Ask. None is shown where this fails: what was known before is old."""
        values: Sequence[float | None] = (None, None, None, None, None)
        try:
            payments, orders = await self._unsettled(self._service)
            figures = self._service.figures
            stuck, differences = await figures.stuck_refunds(), await figures.provider_differences()
            values = (payments, orders, stuck, differences, await figures.parked_reports())
        finally:
            for figure, value in zip(self.figures, values, strict=True):
                figure.show(value)


class Revenue:
    """All money ever captured."""

    def __init__(self, service: Payments, leads: Leads) -> None:
        self._service = service
        self.figure = LeaderFigure(
            leads, "revenue", "Captured money in minor units", label="currency", kind=CounterMetricFamily
        )

    async def __call__(self) -> None:
        """Add up and ask. None is shown where this fails: what was known before is old."""
        captured: Mapping[str, float] = {}
        try:
            await self._service.use_cases.sum_up_captured(SumUpCaptured())
            captured = await self._service.figures.captured()
        finally:
            self.figure.show_each(captured)


@asynccontextmanager
async def exposed(figures: Sequence[LeaderFigure]) -> AsyncGenerator[None]:
    """Figures are among the metrics of this process as long as it runs."""
    for figure in figures:
        REGISTRY.register(figure)
    try:
        yield
    finally:
        for figure in figures:
            REGISTRY.unregister(figure)


def _patience(service: Payments) -> timedelta:
    return timedelta(seconds=service.settings.unsettled_after)
