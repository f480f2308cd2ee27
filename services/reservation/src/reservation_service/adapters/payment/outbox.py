"""Payment's internal endpoint for what it has committed and not yet published."""

import asyncio
from typing import Final
from uuid import UUID

import httpx
import structlog

from reservation_service.adapters.metrics import EXPIRY_WAITS, Waits
from reservation_service.domain.incoming_payments import OutboxState

log = structlog.stdlib.get_logger(__name__)

SECONDS: Final = 4.0
"""Payment itself waits up to a second for what is just leaving."""
NOT_CLEAR: Final = OutboxState(is_clear=False)


class HttpPaymentOutbox:
    """See `reservation_service.application.ports.PaymentOutbox`.

    What is no plain answer counts as payment being away, a wrong token too: holds wait, and an alarm is raised.
    """

    def __init__(self, client: httpx.AsyncClient, url: str, token: str) -> None:
        self._client = client
        self._url = f"{url.rstrip('/')}/internal/outbox"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def state(self) -> OutboxState:
        """How far payment's events have left; not clear while it does not answer."""
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._client.get(self._url, headers=self._headers)
            answer.raise_for_status()
            state = _state(answer.json())
        except (httpx.HTTPError, TimeoutError, ValueError, KeyError, TypeError, AttributeError) as error:
            EXPIRY_WAITS.labels(Waits.PAYMENT_AWAY.value).inc()
            log.warning("expiry_waits", why="payment cannot be asked", error=f"{type(error).__name__}: {error}")
            return NOT_CLEAR
        if not state.is_clear:
            EXPIRY_WAITS.labels(Waits.UNPUBLISHED.value).inc()
            log.info("expiry_waits", why="payment has events that are not published")
        return state


def _state(body: dict[str, object]) -> OutboxState:
    held = body["held_reservations"]
    if not isinstance(body["clear"], bool) or not isinstance(held, list):
        raise TypeError("no state of an outbox")
    return OutboxState(body["clear"], frozenset(UUID(each) for each in held))
