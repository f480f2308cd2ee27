"""Take in what sensors and counters saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock
from parking_kernel.violations import Violation
from parking_service.application.ports import OpenWork, Work
from parking_service.domain.errors import ImpossibleReadings
from parking_service.domain.lots import Lot
from parking_service.domain.occupancy import (
    CountReading,
    Digested,
    SpotReading,
    capacity_violations,
    count_violations,
    time_violations,
)


@dataclass(frozen=True, slots=True)
class ReportOccupancy:
    """Readings of single spots, or one count of the whole lot."""

    asker: Asker
    lot_id: UUID
    readings: Sequence[SpotReading] = ()
    count: CountReading | None = None


@dataclass(frozen=True, slots=True)
class ReportOccupancyHandler:
    """Stores the newest reading of each spot and of the lot. Late, repeated and impossible ones change nothing."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: ReportOccupancy) -> Digested:
        """What became of the readings. Raises `UnknownLot`, and `ImpossibleReadings` where none can be true."""
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(command.lot_id)
            lot.admit(command.asker)
            digested = (
                await self._count(work, lot, command.count)
                if command.count
                else await self._see(work, lot, command.readings)
            )
            await work.occupancy.recount([command.lot_id])
        return digested

    async def _count(self, work: Work, lot: Lot, reading: CountReading) -> Digested:
        refused = [
            *count_violations(reading),
            *capacity_violations(reading, lot.state.total_spots),
            *time_violations(reading.at, self.clock.now(), "/at"),
        ]
        if refused:
            raise ImpossibleReadings(refused)
        count = await work.occupancy.of_lot(lot.state.id)
        applied = count.count(reading)
        if applied:
            await work.occupancy.save_count(count)
        return Digested(applied=int(applied), unchanged=int(not applied))

    async def _see(self, work: Work, lot: Lot, readings: Sequence[SpotReading]) -> Digested:
        known = await work.occupancy.of_spots(lot.state.id, [reading.spot_id for reading in readings])
        now, applied, refused = self.clock.now(), 0, list[Violation]()
        for index, reading in enumerate(readings):
            violations = list(time_violations(reading.at, now, f"/readings/{index}/at"))
            if reading.spot_id not in known:
                violations.append(Violation(f"/readings/{index}/spot_id", "is no spot of this lot"))
            refused += violations
            if not violations:
                applied += known[reading.spot_id].see(reading)
        wrong = len({violation.pointer.split("/")[2] for violation in refused})
        if readings and wrong == len(readings):
            raise ImpossibleReadings(refused)
        await work.occupancy.save(list(known.values()))
        return Digested(applied, len(readings) - applied - wrong, tuple(refused))
