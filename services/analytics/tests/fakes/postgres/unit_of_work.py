from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Never, assert_never
from uuid import UUID

from services.analytics.tests.fakes.postgres.lots import FakeLots
from services.analytics.tests.fakes.postgres.register import FakeRegister, Row

from analytics_service.application.ports import LotCopy, OpenWork, Work
from analytics_service.domain.occupancy import LotSize
from parking_chassis.fakes.units_of_work import in_memory_units_of_work
from parking_kernel.askers import Asker
from parking_kernel.changes import Changes
from parking_kernel.clocks import Clock


@dataclass
class FakeDatabase:
    clock: Clock
    lots: dict[UUID, LotCopy] = field(default_factory=dict[UUID, LotCopy])
    sizes: dict[UUID, tuple[LotSize, ...]] = field(default_factory=dict[UUID, tuple[LotSize, ...]])
    indices: dict[str, Row] = field(default_factory=dict[str, Row])

    def copy(self) -> "FakeDatabase":
        return FakeDatabase(self.clock, self.lots.copy(), self.sizes.copy(), self.indices.copy())

    def take_over(self, draft: "FakeDatabase") -> None:
        self.lots, self.sizes, self.indices = draft.lots, draft.sizes, draft.indices


def in_memory_work(database: FakeDatabase) -> OpenWork:
    return in_memory_units_of_work(database, _work, _publish)


def _work(draft: FakeDatabase, _asker: Asker, _changes: Changes[Never]) -> Work:
    return Work(FakeLots(draft.lots, draft.sizes), FakeRegister(draft.indices, draft.clock))


def _publish(_draft: FakeDatabase, changed: Sequence[Never]) -> None:
    for each in changed:
        assert_never(each)
