from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from analytics_service.application.ports import Document, HistoryAway, Projection


class FakeHistory:
    """Gives its documents one by one; `meanwhile` runs after each, and may do what happens during a replay."""

    def __init__(self) -> None:
        self.published: list[Document] = []
        self.is_away = False
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def replay(self, projection: Projection) -> AsyncGenerator[Sequence[Document]]:
        if self.is_away:
            raise HistoryAway("kafka does not answer")
        for document in [each for each in self.published if each.projection is projection]:
            yield [document]
            if self.meanwhile:
                await self.meanwhile()
