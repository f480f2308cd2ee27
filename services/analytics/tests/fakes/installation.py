"""Analytics without servers: the real use cases on fakes."""

from datetime import datetime

from services.analytics.tests.events import NOON
from services.analytics.tests.fakes.clock import FakeClock
from services.analytics.tests.fakes.elasticsearch.cluster import FakeCluster
from services.analytics.tests.fakes.elasticsearch.documents import FakeDocuments
from services.analytics.tests.fakes.elasticsearch.figures import FakeFigures
from services.analytics.tests.fakes.elasticsearch.indices import FakeIndices
from services.analytics.tests.fakes.kafka.history import FakeHistory
from services.analytics.tests.fakes.postgres.unit_of_work import FakeDatabase, in_memory_work

from analytics_service.adapters.kafka.documents import document_of
from analytics_service.application.commands.drop_old_indices import DropOldIndicesHandler
from analytics_service.application.commands.prepare_indices import PrepareIndices, PrepareIndicesHandler
from analytics_service.application.commands.rebuild_projection import RebuildProjectionHandler
from analytics_service.application.event_handlers.keep_lot import KeepLot, keep_lot
from analytics_service.application.event_handlers.project import Project, ProjectHandler
from analytics_service.application.queries.get_occupancy import GetOccupancyHandler
from analytics_service.application.queries.get_revenue import GetRevenueHandler
from analytics_service.entrypoints.consumers import lot_copy
from parking_events import LotState, WireEvent
from parking_kernel.askers import THE_SERVICE


class FakeInstallation:
    def __init__(self, now: datetime = NOON) -> None:
        self.clock = FakeClock(now)
        self.database = FakeDatabase(self.clock)
        self.cluster = FakeCluster()
        self.history = FakeHistory()
        self.open_work = in_memory_work(self.database)
        self.indices = FakeIndices(self.cluster)
        documents, figures = FakeDocuments(self.cluster), FakeFigures(self.cluster)
        self.project = ProjectHandler(documents)
        self.prepare = PrepareIndicesHandler(self.open_work, self.indices)
        self.drop_old = DropOldIndicesHandler(self.open_work, self.indices, self.clock)
        self.rebuild = RebuildProjectionHandler(self.open_work, self.indices, documents, self.history)
        self.get_revenue = GetRevenueHandler(self.open_work, figures)
        self.get_occupancy = GetOccupancyHandler(self.open_work, figures, self.clock)

    async def prepared(self) -> "FakeInstallation":
        await self.prepare(PrepareIndices())
        return self

    async def consumes(self, *events: WireEvent) -> None:
        """Events arrive, each in a transaction of its own; Kafka keeps them."""
        for event in events:
            async with self.open_work(THE_SERVICE) as work:
                if isinstance(event, LotState):
                    await keep_lot(work, KeepLot(lot_copy(event), self.clock.now()))
                elif document := document_of(event):
                    self.history.published.append(document)
                    await self.project(work, Project([document]))
