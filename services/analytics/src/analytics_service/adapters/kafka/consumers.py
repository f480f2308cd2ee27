"""Which events this service takes in, and what each does."""

from collections.abc import Callable, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics_service.adapters.kafka.documents import STATES, document_of, lot_copy
from analytics_service.application.event_handlers.keep_lot import KeepLot, keep_lot
from analytics_service.application.event_handlers.project import Project, ProjectHandler
from analytics_service.application.ports import DocumentRefused, StoreAway, Work
from parking_events import LotState
from parking_messaging.cloud_events import Envelope
from parking_messaging.failures import PoisonEvent, TryAgainLater
from parking_messaging.handlers import Delivery, Handlers

log = structlog.stdlib.get_logger(__name__)

CATALOGUE = "analytics.catalogue"
PROJECTIONS = "analytics.projections"
LOGINS = "analytics.logins"
GROUPS = (CATALOGUE, PROJECTIONS, LOGINS)
BATCH = 2_000

WorkOn = Callable[[AsyncConnection], Work]


def catalogue_handlers(work_on: WorkOn) -> Handlers[AsyncConnection]:
    """Parking's lots: own copies."""

    async def lot(event: LotState, _envelope: Envelope, tx: AsyncConnection) -> None:
        await keep_lot(work_on(tx), KeepLot(lot_copy(event)))

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy(LotState, lot)
    return handlers


def projection_handlers(work_on: WorkOn, project: ProjectHandler) -> Handlers[AsyncConnection]:
    """What the read models show, many at a time."""

    async def documents(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        found = [document for delivery in deliveries if (document := document_of(delivery.event))]
        try:
            await project(work_on(tx), Project(found))
        except StoreAway as error:
            log.warning("projection_waits", why=str(error))
            raise TryAgainLater(str(error)) from error
        except DocumentRefused as error:
            raise PoisonEvent(str(error)) from error

    # One request to Elasticsearch for all partitions: many small ones cost it and this process more.
    handlers = Handlers[AsyncConnection](share_a_lane=True)
    for state in STATES:
        handlers.state_copy_batch(state, documents, batch_size=BATCH)
    return handlers
