from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from analytics_service.application.ports import Projection, Targets
from analytics_service.domain.errors import RebuildAbandoned, RebuildRunning
from parking_kernel.clocks import Clock

SERVING, BUILDING, OVER = "serving", "building", "over"


@dataclass(frozen=True)
class Row:
    projection: Projection
    state: str
    changed_at: datetime


class FakeRegister:
    def __init__(self, rows: dict[str, Row], clock: Clock) -> None:
        self._rows = rows
        self._clock = clock

    async def targets(self) -> Mapping[Projection, Targets]:
        return {each: Targets(self._named(each, SERVING), self._named(each, BUILDING)) for each in Projection}

    async def begin_first(self, projection: Projection, index: str) -> bool:
        return self._added(projection, index, SERVING)

    async def begin_build(self, projection: Projection, index: str) -> None:
        if not self._added(projection, index, BUILDING):
            raise RebuildRunning(
                f"Another rebuild of {projection.value} is running, or did not end; with --abandon it is given up."
            )

    async def finish_build(self, projection: Projection, index: str) -> None:
        if self._named(projection, BUILDING) != index:
            raise RebuildAbandoned(f"Somebody gave this rebuild of {projection.value} up while it ran.")
        if old := self._named(projection, SERVING):
            self._turn(old, OVER)
        self._turn(index, SERVING)

    async def give_up_build(self, projection: Projection, index: str) -> None:
        if self._named(projection, BUILDING) == index:
            self._turn(index, OVER)

    async def over_since(self, instant: datetime) -> Sequence[str]:
        return [name for name, row in self._rows.items() if row.state == OVER and row.changed_at <= instant]

    async def remove(self, index: str) -> None:
        if index in self._rows and self._rows[index].state == OVER:
            del self._rows[index]

    def _named(self, projection: Projection, state: str) -> str | None:
        found = (name for name, row in self._rows.items() if (row.projection, row.state) == (projection, state))
        return next(found, None)

    def _added(self, projection: Projection, index: str, state: str) -> bool:
        if self._named(projection, state):
            return False
        self._rows[index] = Row(projection, state, self._clock.now())
        return True

    def _turn(self, index: str, state: str) -> None:
        self._rows[index] = replace(self._rows[index], state=state, changed_at=self._clock.now())
