"""Something happened that a read model shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics_service.application.ports import Document, Documents, Work


@dataclass(frozen=True, slots=True)
class Project:
    """The documents that follow from it."""

    documents: Sequence[Document]


@dataclass(frozen=True, slots=True)
class ProjectHandler:
    """Writes them where the register says: into the serving index, and into one that is being built.

    The transaction around holds no more than the register's rows, against a rebuild that begins meanwhile; repeated
    writing is harmless, since each document carries its version (docs/decisions/0023).
    """

    documents: Documents

    async def __call__(self, work: Work, event: Project) -> None:
        """Raises `StoreAway` and `DocumentRefused`."""
        targets = await work.register.targets()
        await self.documents.put(event.documents, targets.indices)
