"""A gate's report is a fact: the same one again gets the first answer."""

from collections.abc import Awaitable, Callable
from functools import partial

from parking_kernel.repeatable import Answer, Answers, once
from reservation_service.application.ports import GateReport


async def report_once(answers: Answers, report: GateReport, way: str, act: Callable[[], Awaitable[Answer]]) -> Answer:
    """What `act` answers now, or what was answered to the same key, or to the same credential, gate and `at`.

    Raises `KeyReused`, `InFlight`, and whatever `act` raises, which is not stored.
    """
    return await once(answers, report.key, partial(once, answers, report.as_fact(way), act))
