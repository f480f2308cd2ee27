"""Add up what changed in the number of open logins, so that reading it stays cheap."""

from dataclasses import dataclass

from auth_service.application.ports import OpenWork

_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class SumUpLoginCount:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class SumUpLoginCountHandler:
    """Puts one change in the place of many, a batch in a transaction."""

    open_work: OpenWork

    async def __call__(self, _command: SumUpLoginCount) -> None:
        """Until less than a batch is left."""
        while True:
            async with self.open_work() as work:
                summed_up = await work.logins.sum_up_count(_BATCH)
            if summed_up < _BATCH:
                return
