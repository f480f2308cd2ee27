"""A spot: one numbered space of a lot."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypedDict, Unpack
from uuid import UUID

from parking_service.domain.values import SupplyChange

PREFIXES = {"standard": "S", "compact": "C", "accessible": "A", "ev_charging": "E", "motorcycle": "M"}


class SpotType(StrEnum):
    """Which vehicles fit, or may stand there."""

    STANDARD = "standard"
    COMPACT = "compact"
    ACCESSIBLE = "accessible"
    EV_CHARGING = "ev_charging"
    MOTORCYCLE = "motorcycle"


class SpotStatus(StrEnum):
    """Whether the spot can be used."""

    IN_SERVICE = "in_service"
    OUT_OF_SERVICE = "out_of_service"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class PlanPosition:
    """Where the spot lies in the lot's plan: metres from its corner, rotation in degrees."""

    x: float
    y: float
    rotation: float | None = None


@dataclass(frozen=True, slots=True)
class SpotPlan:
    """A spot as its operator describes it; `width` and `length` in metres."""

    number: str
    type: SpotType = SpotType.STANDARD
    level: str | None = None
    width: float | None = None
    length: float | None = None
    position: PlanPosition | None = None


@dataclass(frozen=True, slots=True)
class SpotState:
    """All there is to know of a spot, at one version; `width` and `length` in metres."""

    id: UUID
    parking_lot_id: UUID
    organization_id: UUID
    number: str
    type: SpotType
    status: SpotStatus = SpotStatus.IN_SERVICE
    level: str | None = None
    width: float | None = None
    length: float | None = None
    position: PlanPosition | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class SpotEvent:
    """Something that happened to a spot, with the state that it led to, and the change where it took supply away."""

    spot: SpotState
    changed: tuple[str, ...] = ()
    supply_change: SupplyChange | None = None


class SpotCreated(SpotEvent):
    """A spot exists."""


class SpotUpdated(SpotEvent):
    """Something of it changed."""


class SpotTakenOutOfService(SpotEvent):
    """Nobody can use it for now."""


class SpotReturnedToService(SpotEvent):
    """It can be used again."""


class SpotRemoved(SpotEvent):
    """It is gone permanently."""


class SpotChanges(TypedDict, total=False):
    """What of a spot can be changed at will."""

    number: str
    type: SpotType
    level: str | None
    width: float | None
    length: float | None
    position: PlanPosition | None


CODES = {"number": "spot_number", "type": "spot_type", "position": "location_coordinates"}


class Spot:
    """The aggregate: each change makes one event and the next version; a change of nothing makes none."""

    def __init__(self, state: SpotState) -> None:
        self.state = state
        self.loaded_version = state.version
        self.events: list[SpotEvent] = []

    @classmethod
    def create(cls, spot_id: UUID, lot_id: UUID, organization_id: UUID, plan: SpotPlan) -> "Spot":
        """A new spot, in service."""
        state = SpotState(
            spot_id,
            lot_id,
            organization_id,
            plan.number,
            plan.type,
            level=plan.level,
            width=plan.width,
            length=plan.length,
            position=plan.position,
        )
        spot = cls(state)
        spot.events.append(SpotCreated(state))
        return spot

    def change(self, supply_change: SupplyChange | None = None, **changes: Unpack[SpotChanges]) -> None:
        """Change what is named; a spot of another type is gone for those who booked it as it was."""
        state = replace(self.state, **changes)
        changed = tuple(CODES.get(name, name) for name in changes if getattr(state, name) != getattr(self.state, name))
        if changed:
            self._change(state, SpotUpdated, changed, supply_change)

    def put(self, status: SpotStatus, supply_change: SupplyChange | None = None) -> None:
        """Take the spot out of service, or return it."""
        if status is self.state.status:
            return
        event = SpotReturnedToService if status is SpotStatus.IN_SERVICE else SpotTakenOutOfService
        self._change(replace(self.state, status=status), event, ("status",), supply_change)

    def remove(self, supply_change: SupplyChange | None = None) -> None:
        """Take the spot away permanently."""
        if self.state.status is not SpotStatus.REMOVED:
            self._change(replace(self.state, status=SpotStatus.REMOVED), SpotRemoved, ("status",), supply_change)

    def _change(
        self,
        state: SpotState,
        event: type[SpotEvent],
        changed: tuple[str, ...],
        supply_change: SupplyChange | None = None,
    ) -> None:
        self.state = replace(state, version=self.state.version + 1)
        self.events.append(event(self.state, changed, supply_change))


def repeated_numbers(numbers: Sequence[str], taken: Collection[str]) -> list[str]:
    """The numbers that would stand in a lot twice."""
    return sorted(number for number, count in Counter(numbers).items() if count > 1 or number in taken)


def free_numbers(spot_type: SpotType, count: int, taken: Collection[str]) -> list[str]:
    """The first `count` numbers for spots of a type that no spot of the lot has: `S0001`, `A0001`."""
    found: list[str] = []
    place = 0
    while len(found) < count:
        place += 1
        number = f"{PREFIXES[spot_type.value]}{place:04}"
        if number not in taken:
            found.append(number)
    return found


def surplus(spots: Sequence[Spot], capacity: Mapping[SpotType, int], booked: Mapping[UUID, int]) -> list[Spot]:
    """The spots beyond the capacity of their type: those with the fewest bookings, and of these the highest numbers.

    `booked` counts the bookings of each spot that has any.
    """
    left = dict(capacity)
    found: list[Spot] = []
    for spot in sorted(spots, key=lambda each: (-booked.get(each.state.id, 0), each.state.number)):
        left[spot.state.type] = left.get(spot.state.type, 0) - 1
        if left[spot.state.type] < 0:
            found.append(spot)
    return found
