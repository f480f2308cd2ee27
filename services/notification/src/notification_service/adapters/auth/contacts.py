"""Auth's internal endpoint for addresses."""

from uuid import UUID

import httpx
import structlog

from notification_service.application.ports import Contact, ContactsAway
from notification_service.domain.deliveries import Failure

log = structlog.stdlib.get_logger(__name__)

NOT_FOUND = 404


class AuthContacts:
    """See `notification_service.application.ports.Contacts`."""

    def __init__(self, client: httpx.AsyncClient, url: str, token: str) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}

    async def of(self, user_id: UUID) -> Contact | Failure:
        """A user's contact, or why no mail may go to them. Raises `ContactsAway`.

        Whatever is no plain answer counts as being away, a wrong token too: a mail waits rather than be lost.
        """
        try:
            answer = await self._client.get(f"{self._url}/internal/users/{user_id}/contact", headers=self._headers)
            if answer.status_code == NOT_FOUND and _is_problem(answer):
                return Failure.USER_UNKNOWN
            answer.raise_for_status()
            body = answer.json()
            if body["is_verified"] is not True:
                return Failure.UNVERIFIED
            return Contact(str(body["email"]), str(body["full_name"]), str(body["locale"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            log.warning("contacts_away", error=type(error).__name__)
            raise ContactsAway(type(error).__name__) from error


def _is_problem(answer: httpx.Response) -> bool:
    """A 404 that auth itself gave for a user; one of a wrong address or a proxy must not end a mail."""
    return bool(answer.json().get("type") == "/problems/not-found")
