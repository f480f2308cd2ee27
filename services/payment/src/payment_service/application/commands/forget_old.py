"""Forget old answers and old messages."""

from dataclasses import dataclass
from datetime import timedelta

from payment_service.application.ports import OpenWork

_ANSWERS_KEPT = timedelta(days=7)
_WEBHOOKS_KEPT = timedelta(days=60)
"""Longer than the provider repeats a message, or lets anyone send one again (30 days)."""


@dataclass(frozen=True, slots=True)
class ForgetOld:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ForgetOldHandler:
    """What is kept for repeated requests and messages goes when none can come any more, a `batch` at a time."""

    open_work: OpenWork
    batch: int = 1_000

    async def __call__(self, _command: ForgetOld) -> int:
        """How many were forgotten."""
        forgotten = 0
        while True:
            async with self.open_work() as work:
                answers = await work.answers.forget(_ANSWERS_KEPT, self.batch)
                webhooks = await work.webhooks.forget(_WEBHOOKS_KEPT, self.batch)
            forgotten += answers + webhooks
            if max(answers, webhooks) < self.batch:
                return forgotten
