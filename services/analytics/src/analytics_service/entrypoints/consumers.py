"""Other services' events come in: which of them, translated into this service's words, and what each does.

Documents are translated beside Kafka's history (`adapters/kafka`), from which a rebuild reads the same events.
"""

from collections.abc import Sequence
from zoneinfo import available_timezones

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from analytics_service.application.event_handlers.keep_lot import KeepLot, keep_lot
from analytics_service.application.event_handlers.project import Project
from analytics_service.application.ports import DocumentRefused, LotCopy, StoreAway
from analytics_service.bootstrap import SERVICE, Analytics
from parking_chassis.ended_logins import note_ended_logins
from parking_events import LotState
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.cloud_events import Envelope
from parking_messaging.ended_logins import login_handlers
from parking_messaging.failures import PoisonEvent, TryAgainLater
from parking_messaging.handlers import Delivery, Handlers
from parking_messaging.service_messaging import ServiceMessaging

log = structlog.stdlib.get_logger(__name__)

CATALOGUE = "analytics.catalogue"
PROJECTIONS = "analytics.projections"
LOGINS = "analytics.logins"
GROUPS = (CATALOGUE, PROJECTIONS, LOGINS)
BATCH = 2_000


def messaging(analytics: Analytics) -> ServiceMessaging[AsyncConnection]:
    """All that analytics has to do with Kafka; its outbox holds dead letters alone. Connects when it runs."""
    settings = analytics.settings
    return ServiceMessaging(
        service=SERVICE,
        kafka=KafkaConnection(**settings.kafka, client_id=SERVICE),
        relay_url=settings.relay_url,
        transactions=analytics.engine.begin,
        handlers={
            CATALOGUE: _catalogue_handlers(analytics),
            PROJECTIONS: _projection_handlers(analytics),
            LOGINS: login_handlers(note_ended_logins),
        },
        replication_factor=settings.topic_replication_factor,
    )


def _catalogue_handlers(analytics: Analytics) -> Handlers[AsyncConnection]:
    """Parking's lots: own copies."""

    async def lot(event: LotState, envelope: Envelope, tx: AsyncConnection) -> None:
        async with analytics.work_on(tx) as work:
            await keep_lot(work, KeepLot(lot_copy(event), envelope.time))

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy(LotState, lot)
    return handlers


def _projection_handlers(analytics: Analytics) -> Handlers[AsyncConnection]:
    """What the read models show, many at a time."""

    async def documents(deliveries: Sequence[Delivery], tx: AsyncConnection) -> None:
        found = [document for delivery in deliveries if (document := analytics.document_of(delivery.event))]
        try:
            async with analytics.work_on(tx) as work:
                await analytics.project(work, Project(found))
        except StoreAway as error:
            log.warning("projection_waits", why=str(error))
            raise TryAgainLater(str(error)) from error
        except DocumentRefused as error:
            raise PoisonEvent(str(error)) from error

    # One request to Elasticsearch for all partitions: many small ones cost it and this process more.
    handlers = Handlers[AsyncConnection](share_a_lane=True)
    for state in analytics.projected:
        handlers.state_copy_batch(state, documents, batch_size=BATCH)
    return handlers


def lot_copy(event: LotState) -> LotCopy:
    """What analytics keeps of a lot. Raises `PoisonEvent` for a zone that nobody knows: it has no days to count."""
    if event.time_zone not in available_timezones():
        raise PoisonEvent(f"{event.time_zone} is no time zone")
    return LotCopy(
        event.parking_lot_id, event.organization_id, event.time_zone, event.currency, event.total_spots, event.version
    )
