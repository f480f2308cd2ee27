"""What payment does by itself: asks the provider, sends refunds, consumes events, publishes its own, watches money."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import REGISTRY

from parking_chassis.database import ping
from parking_chassis.metrics import LeaderFigure
from parking_chassis.process import Address, Timer, timer_loops, work
from payment_service.application.commands.audit_everything import AuditEverything
from payment_service.application.commands.close_settled import CloseSettled
from payment_service.application.commands.compare_with_provider import CompareWithProvider
from payment_service.application.commands.decide_refund_orders import DecideRefundOrders
from payment_service.application.commands.purge_old import PurgeOld
from payment_service.application.commands.reconcile_payments import ReconcilePayments
from payment_service.application.commands.send_refunds import SendRefunds
from payment_service.application.commands.sum_up_captured import SumUpCaptured
from payment_service.application.queries.find_unsettled_orders import FindUnsettledOrders
from payment_service.application.queries.find_unsettled_payments import FindUnsettledPayments
from payment_service.bootstrap import Payments, daily, resources
from payment_service.entrypoints.consumers import messaging

DUE_WORK_SECONDS = 1.0
REVENUE_SECONDS = 15.0
ORDERS_SECONDS = 30.0
MONEY_SECONDS = 60.0
SCHEDULE_SECONDS = 60.0
PURGE_SECONDS = 3600.0

Leads = Callable[[], bool]


def run_worker(service: Payments) -> None:
    """Run all loops until a signal."""
    messages = messaging(service)

    def leads() -> bool:
        return messages.leads

    all_timers = [*timers(service), *_figures(service, leads)]
    work(
        {**messages.loops(), **timer_loops(all_timers, leads)},
        {"database": lambda: ping(service.engine), **messages.readiness()},
        lambda: resources(service),
        Address(service.settings.http_host, service.settings.worker_port, service.settings.shutdown_grace),
    )


class DailyComparison:
    """Compares when a day has passed since the last comparison, in whichever process that was."""

    def __init__(self, service: Payments, leads: Leads) -> None:
        self._does = service.use_cases
        self._window = timedelta(seconds=service.settings.comparison_window)
        self._schedule = daily(service, "comparison_with_provider", self._compare)
        meaning = "Differences that the last daily comparison with the provider found"
        self.figure = LeaderFigure(leads, "provider_differences", meaning)

    async def __call__(self) -> bool:
        """Compare if it is due. Whether it was; raises `OutcomeUnknown`."""
        return await self._schedule()

    async def _compare(self) -> None:
        self.figure.show(await self._does.compare_with_provider(CompareWithProvider(self._window)))


class Alarms:
    """How much money is in the wrong place."""

    def __init__(self, service: Payments, leads: Leads) -> None:
        self._service = service
        self._patience = timedelta(seconds=service.settings.unsettled_after)
        self.payments = LeaderFigure(
            leads, "payments_unsettled", "Captured payments that settle nothing and were not given back; alarm above 0"
        )
        self.orders = LeaderFigure(
            leads, "refund_orders_unsettled", "Refund orders neither paid nor closed in time; alarm above 0"
        )
        self.refunds = LeaderFigure(
            leads, "refunds_stuck", "Refunds that failed at least once and have not arrived; alarm above 0"
        )

    async def __call__(self) -> None:
        """Ask. None is shown where this fails: what was known before is old."""
        does, shown = self._service.use_cases, (self.payments, self.orders, self.refunds)
        known: Sequence[float | None] = (None, None, None)
        try:
            known = (
                len(await does.find_unsettled_payments(FindUnsettledPayments(self._patience))),
                len(await does.find_unsettled_orders(FindUnsettledOrders(self._patience))),
                await self._service.figures.stuck_refunds(),
            )
        finally:
            for figure, value in zip(shown, known, strict=True):
                figure.show(value)


def timers(service: Payments) -> Sequence[Timer]:
    """What asks the provider, and tidies the tables."""
    does = service.use_cases
    complete_audit = daily(service, "complete_audit", lambda: does.audit_everything(AuditEverything()))
    return (
        Timer("payments", DUE_WORK_SECONDS, lambda: does.reconcile_payments(ReconcilePayments())),
        Timer("refunds", DUE_WORK_SECONDS, lambda: does.send_refunds(SendRefunds())),
        Timer(
            "refund_orders",
            ORDERS_SECONDS,
            lambda: does.decide_refund_orders(DecideRefundOrders()),
            in_the_leader=True,
        ),
        Timer("settled", MONEY_SECONDS, lambda: does.close_settled(CloseSettled()), in_the_leader=True),
        Timer("complete_audit", SCHEDULE_SECONDS, complete_audit, in_the_leader=True),
        Timer("purge_old", PURGE_SECONDS, lambda: does.purge_old(PurgeOld()), in_the_leader=True),
    )


def _figures(service: Payments, leads: Leads) -> Sequence[Timer]:
    """What works out the figures of the whole service."""
    comparison, alarms = DailyComparison(service, leads), Alarms(service, leads)
    revenue = LeaderFigure(
        leads, "revenue", "Captured money in minor units", label="currency", kind=CounterMetricFamily
    )
    for figure in (comparison.figure, alarms.payments, alarms.orders, alarms.refunds, revenue):
        REGISTRY.register(figure)

    async def sum_captured() -> None:
        await service.use_cases.sum_up_captured(SumUpCaptured())
        revenue.show_each(await service.figures.captured())

    return (
        Timer("comparison", SCHEDULE_SECONDS, comparison, in_the_leader=True),
        Timer("money", MONEY_SECONDS, alarms, in_the_leader=True),
        Timer("revenue", REVENUE_SECONDS, sum_captured, in_the_leader=True),
    )
