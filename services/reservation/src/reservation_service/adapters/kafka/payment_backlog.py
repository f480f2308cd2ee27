"""What payment told and reservation has not taken in yet."""

import structlog

from parking_events.topics import PAYMENT
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.kafka_lag import group_lag
from parking_messaging.failures import SourceUnavailable
from reservation_service.adapters.kafka.consumers import PAYMENTS
from reservation_service.adapters.metrics import EXPIRY_WAITS, Waits

log = structlog.stdlib.get_logger(__name__)


class KafkaPaymentBacklog:
    """See `reservation_service.application.ports.PaymentBacklog`. Asks the brokers, whose word cannot be stale."""

    def __init__(self, kafka: KafkaConnection) -> None:
        self._kafka = kafka

    async def is_empty(self) -> bool:
        """Whether nothing is left; false too while Kafka does not answer, or does not know payment's topic."""
        try:
            lag = await group_lag(self._kafka, PAYMENTS, [PAYMENT.name])
        except SourceUnavailable as error:
            EXPIRY_WAITS.labels(Waits.KAFKA_AWAY.value).inc()
            log.warning("expiry_waits", why=str(error))
            return False
        if lag and not any(lag.values()):
            return True
        EXPIRY_WAITS.labels(Waits.LAG.value).inc()
        return False
