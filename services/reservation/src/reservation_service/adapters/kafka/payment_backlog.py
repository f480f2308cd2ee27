"""What payment published and reservation has not consumed yet."""

from typing import Final

import structlog

from parking_events.topics import PAYMENT
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.kafka_lag import has_caught_up
from parking_messaging.failures import SourceUnavailable
from reservation_service.adapters.metrics import EXPIRY_WAITS, Waits

log = structlog.stdlib.get_logger(__name__)

PATIENCE: Final = 1.5
"""Seconds: consumers note twice a second how far they are."""


class KafkaPaymentBacklog:
    """See `reservation_service.application.ports.PaymentBacklog`. Asks the brokers, whose word cannot be stale."""

    def __init__(self, kafka: KafkaConnection, group: str) -> None:
        self._kafka = kafka
        self._group = group

    async def is_taken_in(self) -> bool:
        """Whether all that is there now is consumed; false too while Kafka does not answer, or has no such topic."""
        try:
            is_taken_in = await has_caught_up(self._kafka, self._group, [PAYMENT.name], patience=PATIENCE)
        except SourceUnavailable as error:
            EXPIRY_WAITS.labels(Waits.KAFKA_AWAY.value).inc()
            log.warning("expiry_waits", why=str(error))
            return False
        if not is_taken_in:
            EXPIRY_WAITS.labels(Waits.LAG.value).inc()
        return is_taken_in
