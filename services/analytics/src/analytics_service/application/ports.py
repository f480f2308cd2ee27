"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics_service.domain.buckets import Bucket
from analytics_service.domain.occupancy import Sighting, Stay
from analytics_service.domain.revenue import Sums


class Clock(Protocol):
    """Time from outside."""

    def now(self) -> datetime:
        """The present instant, with its offset."""
        ...


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


class Documents(Protocol):
    """Where documents are written."""

    async def put(self, documents: Sequence[Document], indices: Mapping[Projection, Sequence[str]]) -> None:
        """Write each document into all indices of its projection; what is there in this version or a newer one stays.

        Raises `StoreAway`, and `DocumentRefused` for one that does not fit the mapping.
        """
        ...


class StoreAway(Exception):
    """Elasticsearch does not answer, or has no room."""


class DocumentRefused(Exception):
    """A document does not fit its index."""


class Indices(Protocol):
    """The indices behind the aliases."""

    async def create(self, index: str, projection: Projection) -> None:
        """Make an empty index with the projection's mapping. One that is there already stays."""
        ...

    async def serve(self, projection: Projection, index: str) -> None:
        """Let the projection's alias point at this index alone, in one step; its documents can be found from now on."""
        ...

    async def drop(self, index: str) -> None:
        """Delete an index, if it is there."""
        ...


class History(Protocol):
    """All that was ever told, from the first record that Kafka still has."""

    def replay(self, projection: Projection) -> AsyncIterator[Sequence[Document]]:
        """The projection's documents, in batches, up to what was there when the replay began."""
        ...


@dataclass(frozen=True, slots=True)
class LotCopy:
    """A lot as parking last told it."""

    id: UUID
    organization_id: UUID
    time_zone: str
    currency: str
    spots: int
    version: int


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot as far as questions need it."""

    id: UUID
    organization_id: UUID
    zone: ZoneInfo
    currency: str
    spots: int


class Lots(Protocol):
    """The own copies of lots."""

    async def get(self, parking_lot_id: UUID) -> Lot | None:
        """One lot."""
        ...

    async def of_organization(self, organization_id: UUID) -> Sequence[Lot]:
        """An organization's lots."""
        ...

    async def keep(self, lot: LotCopy) -> None:
        """Keep a lot; an older version than the kept one changes nothing."""
        ...


@dataclass(frozen=True, slots=True)
class WriteTargets:
    """Which indices each projection is written into: the serving one, and one that is being built."""

    indices: Mapping[Projection, Sequence[str]]


class Register(Protocol):
    """Which index serves each projection, and which is being built."""

    async def targets(self) -> WriteTargets:
        """Where to write. Holds off a beginning rebuild until the transaction ends."""
        ...

    async def new_name(self, projection: Projection) -> str:
        """A name that no index of the projection ever had."""
        ...

    async def begin_build(self, projection: Projection, index: str) -> None:
        """From now on everyone writes into this index as well. Raises `RebuildRunning`.

        Waits until no transaction is left that does not know of it.
        """
        ...

    async def finish_build(self, projection: Projection, index: str) -> Sequence[str]:
        """The new index serves; the names of those that are no longer written."""
        ...

    async def give_up_build(self, projection: Projection) -> Sequence[str]:
        """Forget an unfinished build; the names of what it leaves."""
        ...


class Work(Protocol):
    """One transaction's repositories."""

    @property
    def lots(self) -> Lots:
        """The own copies of lots."""
        ...

    @property
    def register(self) -> Register:
        """Which index is what."""
        ...


OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens a transaction that commits when its block ends, and rolls back when the block raises."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures: one lot's, or all of an organization."""

    organization_id: UUID
    parking_lot_id: UUID | None = None


class Figures(Protocol):
    """What the documents add up to. All raise `StoreAway`."""

    async def revenue(self, scope: Scope, periods: Sequence[Bucket], currency: str) -> Sequence[Sums]:
        """The sums of each period, in their order."""
        ...

    async def currencies(self, scope: Scope) -> Sequence[str]:
        """The currencies in which anything was booked."""
        ...

    async def stays(self, parking_lot_id: UUID, period: Bucket) -> Sequence[Stay]:
        """Reservations that hold or held a spot's time in the period."""
        ...

    async def sightings(self, parking_lot_id: UUID, period: Bucket, spots: int) -> Sequence[Sighting]:
        """What sensors and counters saw from shortly before the period on, in the order of time."""
        ...


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: the organizations they operate, and whether they may see everything."""

    operated: frozenset[UUID]
    sees_all: bool

    def operates(self, organization_id: UUID) -> bool:
        """Whether the organization is theirs to run."""
        return self.sees_all or organization_id in self.operated
