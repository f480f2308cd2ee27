"""What comes in through Kafka: which group handles which events, and their translation into the domain's words."""

from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.ended_logins import note_ended_logins
from parking_events import OrganizationState
from parking_messaging import Envelope, Handlers, KafkaConnection
from parking_messaging.ended_logins import login_handlers
from parking_messaging.service_messaging import ServiceMessaging
from parking_service.application.event_handlers.keep_organization import KeepOrganization
from parking_service.bootstrap import SERVICE, Parking
from parking_service.domain.organizations import Organization

ORGANIZATIONS = "parking.organizations"
LOGINS = "parking.logins"
GROUPS = (ORGANIZATIONS, LOGINS)


def messaging(parking: Parking) -> ServiceMessaging[AsyncConnection]:
    """Everything that parking has to do with Kafka; connects when it runs."""
    settings = parking.settings
    return ServiceMessaging(
        service=SERVICE,
        kafka=KafkaConnection(**settings.kafka, client_id=SERVICE),
        relay_url=settings.relay_url,
        transactions=parking.engine.begin,
        handlers={ORGANIZATIONS: _organizations(parking), LOGINS: login_handlers(note_ended_logins)},
        replication_factor=settings.topic_replication_factor,
    )


def _organizations(parking: Parking) -> Handlers[AsyncConnection]:
    """Keeps the copy of the organizations."""

    async def handle(event: OrganizationState, _envelope: Envelope, connection: AsyncConnection) -> None:
        organization = Organization(event.organization_id, event.name, event.version)
        async with parking.work_on(connection) as work:
            await parking.use_cases.keep_organization(KeepOrganization(organization), work)

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy(OrganizationState, handle)
    return handlers
