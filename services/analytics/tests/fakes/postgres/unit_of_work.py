from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from uuid import UUID

from services.analytics.tests.fakes.postgres.lots import FakeLots
from services.analytics.tests.fakes.postgres.register import FakeRegister, Row

from analytics_service.application.ports import LotCopy
from parking_kernel.clocks import Clock


@dataclass
class FakeDatabase:
    clock: Clock
    lots: dict[UUID, LotCopy] = field(default_factory=dict[UUID, LotCopy])
    indices: dict[str, Row] = field(default_factory=dict[str, Row])


@dataclass(frozen=True)
class FakeWork:
    lots: FakeLots
    register: FakeRegister


@dataclass(frozen=True)
class FakeOpenWork:
    """Commits what it changed when the block ends, and forgets it when the block raises."""

    database: FakeDatabase

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[FakeWork]:
        lots, indices = copy(self.database.lots), copy(self.database.indices)
        yield FakeWork(FakeLots(lots), FakeRegister(indices, self.database.clock))
        self.database.lots, self.database.indices = lots, indices
