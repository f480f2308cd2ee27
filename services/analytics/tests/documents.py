"""What the indices have to hold, and waiting for it."""

from services.analytics.tests.installation import Kept

from analytics_service.adapters.kafka.documents import document_of
from analytics_service.application.ports import Projection
from parking_events import WireEvent
from parking_platform.testing.waiting import wait_until


async def wait_for(kept: Kept, projection: Projection, count: int, seconds: float = 30) -> None:
    async def arrived() -> bool:
        return await kept.count(projection) >= count

    await wait_until(arrived, f"{count} documents in {projection}", seconds=seconds)


def expected(*events: WireEvent) -> dict[str, tuple[int, dict[str, object]]]:
    """What the index has to hold after these events, in whatever order and however often they came."""
    documents = {
        (document.projection, document.id): document
        for event in sorted(events, key=lambda event: event.version)
        if (document := document_of(event))
    }
    return {document.id: (document.version, dict(document.body)) for document in documents.values()}
