"""What sensors and counters report."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import ConfigDict, Field

from parking_chassis.api_document import may_answer
from parking_chassis.instants import Instant
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import RequestBody, ResponseBody
from parking_kernel.violations import InvalidFields, Violation, refuse_any
from parking_service.application.commands.report_occupancy import ReportOccupancy
from parking_service.domain.occupancy import CountReading, SpotReading
from parking_service.entrypoints.http.dependencies import Does, Operator
from parking_service.entrypoints.http.problems import IMPOSSIBLE_READINGS

router = APIRouter(prefix="/api/v1/parking-lots/{lot_id}/occupancy", tags=["occupancy"])

MAX_READINGS = 1000
Count = Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)]


class Reading(RequestBody):
    """Whether a vehicle stands on a spot."""

    spot_id: UUID
    occupied: Annotated[bool, Field(strict=True)]
    at: Instant


class Occupancy(RequestBody):
    """Readings of single spots; or how many vehicles are in the lot, how many it holds, and when."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"occupied": 17, "capacity": 40, "at": "2026-03-01T12:00:00+01:00"}]}
    )

    readings: Annotated[list[Reading] | None, Field(min_length=1, max_length=MAX_READINGS)] = None
    occupied: Count | None = None
    capacity: Count | None = None
    at: Instant | None = None

    def count(self) -> CountReading | None:
        """What a counter says. Raises `InvalidFields` where it is not whole, or stands beside readings."""
        counted = {"occupied": self.occupied, "capacity": self.capacity, "at": self.at}
        if self.readings is not None:
            refuse_any(Violation(f"/{name}", "goes with no readings") for name in counted if counted[name] is not None)
            return None
        if self.occupied is None or self.capacity is None or self.at is None:
            rule = "is required, unless there are readings"
            raise InvalidFields([Violation(f"/{name}", rule) for name in counted if counted[name] is None])
        return CountReading(self.occupied, self.capacity, self.at)


class RefusedReading(ResponseBody):
    """A reading that cannot be true."""

    pointer: str
    detail: str


class Report(ResponseBody):
    """What became of the readings. `unchanged` are late and repeated ones."""

    applied: int
    unchanged: int
    refused: list[RefusedReading]


@router.post("")
@may_answer(NOT_FOUND, IMPOSSIBLE_READINGS)
async def report_occupancy(lot_id: UUID, body: Occupancy, does: Does, operator: Operator) -> Report:
    """Report what was seen. The newest reading counts; where none of them can be true the answer is 422.

    A counter counts this lot: its `capacity` may differ from the lot's number of spots by a tenth, or by one, and the
    count is then scaled to the spots, rounded up. Another one counts something else and is refused.
    """
    readings = [SpotReading(each.spot_id, each.occupied, each.at) for each in body.readings or ()]
    digested = await does.report_occupancy(ReportOccupancy(operator, lot_id, readings, body.count()))
    refused = [RefusedReading(pointer=each.pointer, detail=each.rule) for each in digested.refused]
    return Report(applied=digested.applied, unchanged=digested.unchanged, refused=refused)
