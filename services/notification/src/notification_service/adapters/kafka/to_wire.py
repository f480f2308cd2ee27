"""The one place where notification's domain events become wire contracts."""

from notification_service.domain import deliveries
from parking_events import Channel, DeliveryStatus, NotificationFailedV1, NotificationSentV1, WireEvent

CONTRACTS: dict[type[deliveries.DeliveryEvent], tuple[type[NotificationSentV1 | NotificationFailedV1], DeliveryStatus]]
CONTRACTS = {
    deliveries.NotificationSent: (NotificationSentV1, DeliveryStatus.SENT),
    deliveries.NotificationFailed: (NotificationFailedV1, DeliveryStatus.FAILED),
}


def to_wire(event: deliveries.DeliveryEvent) -> WireEvent:
    """The wire contract of a domain event: what was sent to whom, without the words and without the address."""
    contract, status = CONTRACTS[type(event)]
    state = event.delivery
    return contract(
        version=state.version,
        delivery_id=state.id,
        notification_id=state.notification_id,
        user_id=state.user_id,
        kind=state.kind.value,
        channel=Channel(state.channel.value),
        status=status,
        attempted_at=event.at,
        reservation_id=state.reservation_id,
        failure_code=state.failure.value if state.failure else None,
    )
