"""What payment does by itself: asks the provider, sends refunds, consumes events, publishes its own, watches money."""

from collections.abc import Sequence
from datetime import timedelta

from prometheus_client.registry import REGISTRY

from parking_chassis.database import ping
from parking_chassis.process import Address, Timer, timer_loops, work
from parking_chassis.schedules import Scheduled
from payment_service.application.commands.audit_everything import AuditEverything
from payment_service.application.commands.close_settled import CloseSettled
from payment_service.application.commands.compare_with_provider import CompareWithProvider
from payment_service.application.commands.decide_refund_orders import DecideRefundOrders
from payment_service.application.commands.purge_old import PurgeOld
from payment_service.application.commands.reconcile_payments import ReconcilePayments
from payment_service.application.commands.send_refunds import SendRefunds
from payment_service.bootstrap import Payments, daily, resources
from payment_service.entrypoints.consumers import messaging
from payment_service.entrypoints.http.figures import Alarms, Leads, Revenue, found

DUE_WORK_SECONDS = 1.0
REVENUE_SECONDS = 15.0
ORDERS_SECONDS = 30.0
MONEY_SECONDS = 60.0
SCHEDULE_SECONDS = 60.0
PURGE_SECONDS = 3600.0


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


def daily_comparison(service: Payments) -> Scheduled:
    """Compares when a day has passed since the last comparison, in whichever process that was."""
    command = CompareWithProvider(timedelta(seconds=service.settings.comparison_window), is_daily=True)
    return daily(service, "comparison_with_provider", lambda: service.use_cases.compare_with_provider(command))


def timers(service: Payments) -> Sequence[Timer]:
    """What asks the provider, and tidies the tables."""
    does = service.use_cases
    comparison = daily_comparison(service)
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
        Timer("comparison", SCHEDULE_SECONDS, comparison, in_the_leader=True),
        Timer("complete_audit", SCHEDULE_SECONDS, complete_audit, in_the_leader=True),
        Timer("purge_old", PURGE_SECONDS, lambda: does.purge_old(PurgeOld()), in_the_leader=True),
    )


def _figures(service: Payments, leads: Leads) -> Sequence[Timer]:
    """What works out the figures of the whole service."""
    alarms, revenue = Alarms(service, leads, found), Revenue(service, leads)
    for figure in (*alarms.figures, revenue.figure):
        REGISTRY.register(figure)
    return (
        Timer("money", MONEY_SECONDS, alarms, in_the_leader=True),
        Timer("revenue", REVENUE_SECONDS, revenue, in_the_leader=True),
    )
