"""The daily comparison with the provider, and the metric that says what it found."""

from collections.abc import Callable, Iterable
from datetime import timedelta

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from payment_service.application.commands.compare_with_provider import CompareWithProvider
from payment_service.bootstrap import Payments, comparison_schedule


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
