"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from analytics_service.domain.buckets import Bucket
from analytics_service.domain.occupancy import Bookings, Sighting
from analytics_service.domain.revenue import Sums


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

    async def put(self, documents: Sequence[Document], indices: Mapping[Projection, Sequence[str]]) -> Sequence[str]:
        """Write each document into all indices of its projection; what is there in this version or a newer one stays.

        A document that does not fit its index is left out, the others are written: a sentence for each that was left
        out. Raises `StoreAway`; part of the documents may be written then, and writing them again does no harm.
        """
        ...


class StoreAway(Exception):
    """Elasticsearch does not answer, has no room, or lacks the index that is asked for."""


class HistoryAway(Exception):
    """Kafka does not answer, or lacks the topic."""


class DocumentRefused(Exception):
    """A document does not fit its index."""


class Indices(Protocol):
    """The indices behind the aliases. All raise `StoreAway`."""

    async def create(self, projection: Projection) -> str:
        """Make an empty index with the projection's mapping, under a name that none ever had; the name."""
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
    """All that was ever told, from the first record that Kafka still has."""

    def replay(self, projection: Projection) -> AsyncGenerator[Sequence[Document]]:
        """The projection's documents, in batches, up to what was there when the replay began. Raises `HistoryAway`."""
        ...


OUTLIVES_ITS_TOPIC = frozenset({Projection.OCCUPANCY})
"""Projections that know more than Kafka, which forgets sightings after a month."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did: how many documents it read, and what it could not take over, a sentence for each."""

    read: int
    left_out: Sequence[str]


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
class Targets:
    """Which indices a projection is written into: the serving one, and one that is being built."""

    serving: str | None = None
    building: str | None = None

    @property
    def indices(self) -> Sequence[str]:
        """Both, as far as there are any."""
        return [index for index in (self.serving, self.building) if index]


class Register(Protocol):
    """Which index serves each projection, which is being built, and which are over."""

    async def targets(self) -> Mapping[Projection, Targets]:
        """Where to write, for every projection. Nothing of it changes until the transaction ends."""
        ...

    async def begin_first(self, projection: Projection, index: str) -> bool:
        """This index serves from now on; false where another one does already."""
        ...

    async def begin_build(self, projection: Projection, index: str) -> None:
        """From now on everyone writes into this index as well. Raises `RebuildRunning`.

        Waits until no transaction is left that does not know of it.
        """
        ...

    async def finish_build(self, projection: Projection, index: str) -> None:
        """The new index serves, and the old one is over. Raises `RebuildAbandoned`.

        Waits until no transaction writes, and lets none begin to until this one ends.
        """
        ...

    async def give_up_build(self, projection: Projection, index: str) -> None:
        """The unfinished index is over, if it was being built at all."""
        ...

    async def over_since(self, instant: datetime) -> Sequence[str]:
        """The indices that nobody has written since then, or longer."""
        ...

    async def forget(self, index: str) -> None:
        """An index that was over is no more."""
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

    async def bookings(self, parking_lot_id: UUID, periods: Sequence[Bucket]) -> Bookings:
        """The reservations that hold or held a spot's time in the periods, which follow each other."""
        ...

    def sightings(self, parking_lot_id: UUID, period: Bucket) -> AsyncGenerator[Sighting]:
        """What sensors and counters saw in the period, and before it as far as it still counts; the oldest first."""
        ...
