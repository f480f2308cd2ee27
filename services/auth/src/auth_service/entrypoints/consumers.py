"""What comes in through Kafka: nothing yet; the confirmations of an erasure will be the first."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from auth_service.bootstrap import SERVICE, Auth
from parking_messaging import Handlers, KafkaConnection
from parking_messaging.service_messaging import ServiceMessaging

HANDLERS: Final[Mapping[str, Handlers[AsyncConnection]]] = {}
"""By consumer group."""


def messaging(auth: Auth) -> ServiceMessaging[AsyncConnection]:
    """All that auth has to do with Kafka; connects when it runs."""
    settings = auth.settings
    return ServiceMessaging(
        SERVICE,
        KafkaConnection(**settings.kafka, client_id=SERVICE),
        settings.relay_url,
        auth.engine.begin,
        HANDLERS,
        replication_factor=settings.topic_replication_factor,
    )
