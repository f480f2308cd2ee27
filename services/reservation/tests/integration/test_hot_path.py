"""How much of the repository a booking runs through: what passes many files is slow, and hard to follow."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import CodeType

from services.reservation.tests.driving import TOMORROW, Driver

from reservation_service.application.ports import LotCopy

REPOSITORY = Path(__file__).parents[4]
SOURCES = (REPOSITORY / "services", REPOSITORY / "libs")
MOST_FILES = 25


@contextmanager
def files_run() -> Iterator[set[str]]:
    """The files of the repository that run a line within the block, without those of tests."""
    seen, monitoring = set[str](), sys.monitoring
    tool = next(each for each in range(6) if monitoring.get_tool(each) is None)

    def note(code: CodeType, _line: int) -> object:
        path = Path(code.co_filename)
        if any(path.is_relative_to(each) for each in SOURCES) and "tests" not in path.parts:
            seen.add(str(path.relative_to(REPOSITORY)))
        return monitoring.DISABLE

    monitoring.use_tool_id(tool, "files_run")
    monitoring.register_callback(tool, monitoring.events.LINE, note)
    monitoring.set_events(tool, monitoring.events.LINE)
    monitoring.restart_events()
    try:
        yield seen
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


async def test_a_booking_passes_few_files(driver: Driver, lot: LotCopy) -> None:
    await driver.holds(lot)  # what is opened and remembered at the first request is no part of the others
    with files_run() as seen:
        await driver.holds(lot)
    assert len(seen) <= MOST_FILES, "\n".join(sorted(seen))


async def test_a_price_that_is_not_known_yet_adds_the_kernels_pricing_alone(driver: Driver, lot: LotCopy) -> None:
    await driver.holds(lot)
    with files_run() as usual:
        await driver.holds(lot)
    with files_run() as seen:
        await driver.holds(lot, start=TOMORROW + timedelta(hours=9))
    assert {str(Path(each).parent) for each in seen - usual} == {"libs/kernel/src/parking_kernel"}
    added = {Path(each).stem for each in seen - usual}
    # What a price is made of, and what of it can be charged.
    assert added <= {"pricing", "rate_tables", "money", "least_charges", "currencies", "tariffs"}
