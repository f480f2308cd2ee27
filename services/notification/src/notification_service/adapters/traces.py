"""A mail goes on in the trace of its source event."""

from collections.abc import Generator
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars

from notification_service.domain.deliveries import DeliveryState
from parking_messaging.tracing import resumed


@contextmanager
def following(claimed: DeliveryState) -> Generator[None]:
    """See `notification_service.application.ports.Following`. Log lines meanwhile name the delivery as well."""
    about = {"delivery_id": str(claimed.id), "reservation_id": str(claimed.reservation_id)}
    with resumed(claimed.trace, "mail"), bound_contextvars(**about):
        yield
