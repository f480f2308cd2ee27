"""Read models: their documents, the indices that hold them, and the history that they are built from."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Projection(StrEnum):
    """A read model: an alias in Elasticsearch that points at one index of documents."""

    RESERVATIONS = "reservations"
    LEDGER = "ledger"
    OCCUPANCY = "occupancy"


@dataclass(frozen=True, slots=True)
class Document:
    """A document at one version. An older version never replaces a newer one."""

    projection: Projection
    id: str
    version: int
    body: Mapping[str, Any]


class StoreAway(Exception):
    """Elasticsearch does not answer, has no room, or lacks the index that is asked for."""


class DocumentRefused(Exception):
    """A document does not fit its index."""


class HistoryAway(Exception):
    """Kafka does not answer, or lacks the topic."""


class Documents(Protocol):
    """Where documents are written."""

    async def put(self, documents: Sequence[Document], indices: Mapping[Projection, Sequence[str]]) -> Sequence[str]:
        """Write each document into all indices of its projection; what is there in this version or a newer one stays.

        A document that does not fit its index is left out, the others are written: a sentence for each that was left
        out. Raises `StoreAway`; part of the documents may be written then, and writing them again does no harm.
        """
        ...


class Indices(Protocol):
    """The indices behind the aliases. All raise `StoreAway`."""

    async def create(self, projection: Projection) -> str:
        """Make an empty index with the projection's mapping, under a name that none ever had; the name."""
        ...

    async def extend(self, projection: Projection, index: str) -> None:
        """Give an index the fields that its projection's mapping has got since it was made.

        So it takes new documents until a rebuild; those that are there already stay without the fields.
        """
        ...

    async def exists(self, index: str) -> bool:
        """Whether an index is there."""
        ...

    async def led_to(self, projection: Projection) -> str | None:
        """The index that the projection's alias leads to, if there is the alias."""
        ...

    async def serve(self, projection: Projection, index: str) -> None:
        """Let the projection's alias lead to this index alone, in one step; all its documents can be found from now on.

        Whatever index the alias led to before stays.
        """
        ...

    async def drop(self, index: str) -> None:
        """Delete an index, if it is there."""
        ...

    def kept(self, projection: Projection) -> AsyncGenerator[Sequence[Document]]:
        """The documents that the alias leads to, in batches; none where there is no alias."""
        ...


class History(Protocol):
    """All that was ever published, from the first record that Kafka still has."""

    def replay(self, projection: Projection) -> AsyncGenerator[Sequence[Document]]:
        """The projection's documents, in batches, up to what was there when the replay began. Raises `HistoryAway`."""
        ...


OUTLIVES_ITS_TOPIC = frozenset({Projection.OCCUPANCY})
"""Projections that know more than Kafka, which deletes sightings after a month."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did: how many documents it read, and what it could not take over, a sentence for each."""

    read: int
    left_out: Sequence[str]
