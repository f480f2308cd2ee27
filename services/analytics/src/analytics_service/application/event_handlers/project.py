"""Something happened that a read model shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics_service.application.ports import Document, DocumentRefused, Documents, StoreAway, Work


@dataclass(frozen=True, slots=True)
class Project:
    """The documents that follow from it."""

    documents: Sequence[Document]


@dataclass(frozen=True, slots=True)
class ProjectHandler:
    """Writes them where the register says: into the serving index, and into one that is being built.

    The transaction around writes nothing; it holds a rebuild off from changing the register meanwhile. Repeated
    writing is harmless, since each document carries its version (docs/decisions/0023).
    """

    documents: Documents

    async def __call__(self, work: Work, event: Project) -> None:
        """Raises `StoreAway`, and `DocumentRefused` when all that fit are written."""
        targets = await work.register.targets()
        for projection in {document.projection for document in event.documents}:
            if targets[projection].serving is None:
                raise StoreAway(f"{projection.value} has no index yet")
        indices = {projection: target.indices for projection, target in targets.items()}
        if refused := await self.documents.put(event.documents, indices):
            raise DocumentRefused("; ".join(refused))
