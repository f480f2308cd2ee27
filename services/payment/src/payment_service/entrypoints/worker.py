"""What payment does by itself: asks the provider, sends refunds, takes events in, publishes its own, watches money."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector

from parking_chassis.database import ping
from parking_chassis.process import Address, Loop, every, work
from payment_service.application.commands.compare_with_provider import CompareWithProvider
from payment_service.application.commands.decide_refund_orders import DecideRefundOrders
from payment_service.application.commands.forget_old import ForgetOld
from payment_service.application.commands.look_after_payments import LookAfterPayments
from payment_service.application.commands.send_refunds import SendRefunds
from payment_service.application.queries.count_stuck_refunds import CountStuckRefunds
from payment_service.application.queries.find_unsettled_orders import FindUnsettledOrders
from payment_service.application.queries.find_unsettled_payments import FindUnsettledPayments
from payment_service.application.queries.sum_captured import SumCaptured
from payment_service.bootstrap import (
    Payments,
    comparison_schedule,
    consumers,
    outbox_relay,
    resources,
    topic_watch,
)

AGENDA_SECONDS = 1.0
REVENUE_SECONDS = 15.0
ORDERS_SECONDS = 30.0
MONEY_SECONDS = 60.0
FORGET_SECONDS = 3600.0
COMPARISON_SECONDS = 60.0

ALARMS = {
    "payments_unsettled": "Captured payments that settle nothing and were not given back; alarm above 0",
    "refund_orders_unsettled": "Refund orders neither paid nor closed in time; alarm above 0",
    "refunds_stuck": "Refunds that failed at least once and have not arrived; alarm above 0",
}


class Alarms(Collector):
    """How much money is in the wrong place: known to the process that leads, and absent in the others."""

    def __init__(self, leads: Callable[[], bool]) -> None:
        self._leads = leads
        self.figures: Mapping[str, int] = {}

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """A sample for each that is known."""
        if not self._leads():
            self.figures = {}
        for name, tells in ALARMS.items():
            family = GaugeMetricFamily(name, tells)
            if name in self.figures:
                family.add_metric([], self.figures[name])
            yield family


class Revenue(Collector):
    """`revenue_total`: what was captured, by currency, in minor units. Exact over restarts."""

    def __init__(self, leads: Callable[[], bool]) -> None:
        self._leads = leads
        self.captured: Mapping[str, int] = {}

    def collect(self) -> Iterable[CounterMetricFamily]:
        """One sample for each currency; none where this process does not lead, and would tell an old figure."""
        if not self._leads():
            self.captured = {}
        family = CounterMetricFamily("revenue", "Captured money in minor units", labels=["currency"])
        for currency, amount in self.captured.items():
            family.add_metric([currency], amount)
        yield family


class DailyComparison(Collector):
    """Compares when a day has passed since the last comparison, in whichever process that was.

    `provider_differences` is there only where the process leads and has compared since: another one may know better.
    """

    def __init__(self, service: Payments, leads: Callable[[], bool]) -> None:
        self._does = service.use_cases
        self._window = timedelta(seconds=service.settings.comparison_window)
        self._schedule = comparison_schedule(service, self._compare)
        self._leads = leads
        self._differences: int | None = None

    async def __call__(self) -> bool:
        """Compare if it is due. Whether it was; raises `OutcomeUnknown`."""
        return await self._schedule()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One sample, or none."""
        if not self._leads():
            self._differences = None
        family = GaugeMetricFamily(
            "provider_differences", "Differences that the last daily comparison with the provider found"
        )
        if self._differences is not None:
            family.add_metric([], self._differences)
        yield family

    async def _compare(self) -> None:
        self._differences = await self._does.compare_with_provider(CompareWithProvider(self._window))


def run_worker(service: Payments) -> None:
    """Run all loops until a signal."""
    relay, groups = outbox_relay(service.settings), consumers(service)

    def leads() -> bool:
        return relay.status().is_active

    async def check_kafka() -> None:
        if not relay.status().is_connected:
            raise ConnectionError("the relay is not connected to the outbox")
        if away := [group for group, consumer in groups.items() if not consumer.status().is_ready]:
            raise ConnectionError(f"not consuming: {', '.join(away)}")

    work(
        {
            "outbox_relay": relay.run,
            "topic_settings": topic_watch(service.settings).run,
            **{group: consumer.run for group, consumer in groups.items()},
            **_calls(service, leads),
            **_figures(service, leads),
        },
        {"database": lambda: ping(service.engine), "kafka": check_kafka},
        lambda: resources(service),
        Address(service.settings.http_host, service.settings.worker_port, service.settings.shutdown_grace),
    )


def _calls(service: Payments, leads: Callable[[], bool]) -> dict[str, Loop]:
    """What asks the provider."""
    does, compare = service.use_cases, DailyComparison(service, leads)
    REGISTRY.register(compare)

    async def look_after_payments() -> None:
        await does.look_after_payments(LookAfterPayments())

    async def send_refunds() -> None:
        await does.send_refunds(SendRefunds())

    async def decide_refund_orders() -> None:
        await does.decide_refund_orders(DecideRefundOrders())

    return {
        "payments": every(AGENDA_SECONDS, "payments", look_after_payments),
        "refunds": every(AGENDA_SECONDS, "refunds", send_refunds),
        "refund_orders": every(ORDERS_SECONDS, "refund_orders", decide_refund_orders),
        "comparison": every(COMPARISON_SECONDS, "comparison", compare, only_while=leads),
    }


def _figures(service: Payments, leads: Callable[[], bool]) -> dict[str, Loop]:
    """What watches the tables, and tidies them."""
    does, revenue = service.use_cases, Revenue(leads)
    patience = timedelta(seconds=service.settings.unsettled_after)
    alarms = Alarms(leads)
    REGISTRY.register(revenue)
    REGISTRY.register(alarms)

    async def watch_money() -> None:
        known: Mapping[str, int] = {}
        try:
            known = {
                "payments_unsettled": len(await does.find_unsettled_payments(FindUnsettledPayments(patience))),
                "refund_orders_unsettled": len(await does.find_unsettled_orders(FindUnsettledOrders(patience))),
                "refunds_stuck": await does.count_stuck_refunds(CountStuckRefunds()),
            }
        finally:
            alarms.figures = known  # none where this failed: what was known before is old

    async def sum_captured() -> None:
        revenue.captured = await does.sum_captured(SumCaptured())

    async def forget_old() -> None:
        await does.forget_old(ForgetOld())

    return {
        "money": every(MONEY_SECONDS, "money", watch_money, only_while=leads),
        "revenue": every(REVENUE_SECONDS, "revenue", sum_captured, only_while=leads),
        "forget_old": every(FORGET_SECONDS, "forget_old", forget_old),
    }
