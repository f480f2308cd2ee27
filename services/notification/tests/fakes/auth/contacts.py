from uuid import UUID

from notification_service.application.ports import Contact, ContactsAway
from notification_service.domain.deliveries import Failure


class FakeContacts:
    """See `notification_service.application.ports.Contacts`. Knows all but those who are `gone`."""

    def __init__(self) -> None:
        self.is_away = False
        self.gone = set[UUID]()
        self.unverified = set[UUID]()

    async def of(self, user_id: UUID) -> Contact | Failure:
        if self.is_away:
            raise ContactsAway
        if user_id in self.gone:
            return Failure.USER_UNKNOWN
        if user_id in self.unverified:
            return Failure.UNVERIFIED
        return Contact(f"{user_id}@example.com", "Dora Driver", "en")
