from uuid import UUID

from notification_service.application.ports import Contact, ContactsAway


class FakeContacts:
    """See `notification_service.application.ports.Contacts`. Knows everyone but those who are `gone`."""

    def __init__(self) -> None:
        self.is_away = False
        self.gone = set[UUID]()

    async def of(self, user_id: UUID) -> Contact | None:
        if self.is_away:
            raise ContactsAway
        return None if user_id in self.gone else Contact(f"{user_id}@example.com", "Dora Driver", "en")
