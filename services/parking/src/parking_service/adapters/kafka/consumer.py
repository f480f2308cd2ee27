"""What auth tells: the consumer group `parking.organizations`."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_events import OrganizationState
from parking_messaging import Consumer, Envelope, Handlers, KafkaConnection, kafka_consumer
from parking_service.adapters.postgres.unit_of_work import work_on
from parking_service.application.event_handlers.keep_organization import KeepOrganization, KeepOrganizationHandler
from parking_service.domain.organizations import Organization

GROUP = "parking.organizations"
LOGINS = "parking.logins"
GROUPS = (GROUP, LOGINS)


def organization_consumer(
    engine: AsyncEngine, kafka: KafkaConnection, keep: KeepOrganizationHandler, now: Callable[[], datetime]
) -> Consumer[AsyncConnection]:
    """Keeps the copy of the organizations; connects when it runs."""

    async def handle(event: OrganizationState, _envelope: Envelope, connection: AsyncConnection) -> None:
        organization = Organization(event.organization_id, event.name, event.version)
        await keep(KeepOrganization(organization), work_on(connection, now))

    handlers: Handlers[AsyncConnection] = Handlers()
    handlers.state_copy(OrganizationState, handle)
    return kafka_consumer(group=GROUP, handlers=handlers, transactions=engine.begin, kafka=kafka)
