"""What comes in through Kafka: which group handles which events, and their translation into the domain's words."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from parking_chassis.ended_logins import note_ended_logins
from parking_events import OrganizationState, ReservationState, SupplyChangeState, SupplyChangeStatus
from parking_kernel.jobs import JobStatus
from parking_messaging import Envelope, Handlers, KafkaConnection
from parking_messaging.ended_logins import login_handlers
from parking_messaging.handlers import Delivery
from parking_messaging.service_messaging import ServiceMessaging
from parking_service.application.event_handlers.follow_supply_change import FollowSupplyChange, follow_supply_change
from parking_service.application.event_handlers.keep_bookings import KeepBookings, keep_bookings
from parking_service.application.event_handlers.keep_organization import KeepOrganization
from parking_service.bootstrap import SERVICE, Parking
from parking_service.domain.bookings import Booking
from parking_service.domain.organizations import Organization
from parking_service.domain.supply import SupplyProgress

ORGANIZATIONS = "parking.organizations"
LOGINS = "parking.logins"
BOOKINGS = "parking.bookings"
GROUPS = (ORGANIZATIONS, LOGINS, BOOKINGS)
BATCH = 500


def messaging(parking: Parking) -> ServiceMessaging[AsyncConnection]:
    """Everything that parking has to do with Kafka; connects when it runs."""
    settings = parking.settings
    return ServiceMessaging(
        service=SERVICE,
        kafka=KafkaConnection(**settings.kafka, client_id=SERVICE),
        relay_url=settings.relay_url,
        transactions=parking.engine.begin,
        handlers={
            ORGANIZATIONS: _organizations(parking),
            LOGINS: login_handlers(note_ended_logins),
            BOOKINGS: _bookings(parking),
        },
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


def _bookings(parking: Parking) -> Handlers[AsyncConnection]:
    """Keeps the copy of the bookings, and what reservation does with those in the way of a change of supply."""

    async def bookings(deliveries: Sequence[Delivery], connection: AsyncConnection) -> None:
        async with parking.work_on(connection) as work:
            await keep_bookings(KeepBookings([_booking(*delivery) for delivery in deliveries]), work)

    async def supply_change(event: SupplyChangeState, _envelope: Envelope, connection: AsyncConnection) -> None:
        async with parking.work_on(connection) as work:
            await follow_supply_change(FollowSupplyChange(event.id, _progress(event)), work)

    handlers = Handlers[AsyncConnection]()
    handlers.state_copy_batch(ReservationState, bookings, batch_size=BATCH)
    handlers.state_copy(SupplyChangeState, supply_change)
    return handlers


def _booking(event: ReservationState, envelope: Envelope) -> Booking:
    return Booking(
        event.reservation_id,
        event.parking_lot_id,
        event.spot_id,
        event.spot_number,
        str(event.status),
        event.starts_at,
        event.ends_at,
        event.version,
        envelope.time,
    )


def _progress(event: SupplyChangeState) -> SupplyProgress:
    """A status that came later is none in which all is done."""
    is_done = event.status is SupplyChangeStatus.DONE
    return SupplyProgress(
        event.total,
        event.moved,
        event.refunded,
        event.cancelled,
        event.waiting_for_exit,
        JobStatus.DONE if is_done else JobStatus.RUNNING,
        event.at if is_done else None,
        event.version,
    )
