"""Reservation's internal endpoint for the words of operators."""

from uuid import UUID

import httpx
import structlog

from notification_service.application.ports import ReasonsAway

log = structlog.stdlib.get_logger(__name__)


class HttpOperatorReasons:
    """See `notification_service.application.ports.OperatorReasons`."""

    def __init__(self, client: httpx.AsyncClient, url: str, token: str) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def of(self, reservation_id: UUID) -> str | None:
        """What an operator wrote who cancelled a reservation; none where none did. Raises `ReasonsAway`.

        Whatever is no plain answer counts as being away, a wrong token and an unknown route too: the driver gets the
        words later rather than none, or others.
        """
        address = f"{self._url}/internal/reservations/{reservation_id}/operator-reason"
        try:
            answer = await self._client.get(address, headers=self._headers)
            answer.raise_for_status()
            reason = answer.json()["reason"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("operator_reasons_away", error=type(error).__name__)
            raise ReasonsAway(type(error).__name__) from error
        if reason is not None and not isinstance(reason, str):
            log.warning("operator_reasons_away", error="no text")
            raise ReasonsAway("no text")
        return reason
