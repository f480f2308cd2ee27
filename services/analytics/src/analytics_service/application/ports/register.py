"""The register of indices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from analytics_service.application.ports.projections import Projection


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

    async def remove(self, index: str) -> None:
        """An index that was over is no more."""
        ...
