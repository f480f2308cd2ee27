"""Keep the search knowing when lots are open."""

from dataclasses import dataclass

from parking_service.application.ports import OpenWork

_BATCH = 500


@dataclass(frozen=True, slots=True)
class ExtendOpenPeriods:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ExtendOpenPeriodsHandler:
    """Works out the next weeks for lots whose known weeks run out."""

    open_work: OpenWork

    async def __call__(self, _command: ExtendOpenPeriods) -> None:
        """A batch in each transaction, until none is left."""
        extended = _BATCH
        while extended == _BATCH:
            async with self.open_work() as work:
                extended = await work.lots.extend_open_periods(_BATCH)
