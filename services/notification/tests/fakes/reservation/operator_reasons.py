from uuid import UUID

from notification_service.application.ports import ReasonsAway


class FakeOperatorReasons:
    """See `notification_service.application.ports.OperatorReasons`. `asked` is about whom it was asked."""

    def __init__(self) -> None:
        self.is_away = False
        self.words: dict[UUID, str] = {}
        self.asked: list[UUID] = []

    async def of(self, reservation_id: UUID) -> str | None:
        self.asked.append(reservation_id)
        if self.is_away:
            raise ReasonsAway
        return self.words.get(reservation_id)
