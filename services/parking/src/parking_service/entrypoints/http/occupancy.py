"""What sensors and counters report."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, Field

from parking_chassis.schemas import RequestBody, ResponseBody
from parking_service.application.commands.report_occupancy import ReportOccupancy
from parking_service.domain.occupancy import CountReading, SpotReading
from parking_service.entrypoints.http.dependencies import Does, Operator

router = APIRouter(prefix="/api/v1/parking-lots/{lot_id}/occupancy", tags=["occupancy"])

MAX_READINGS = 1000
Count = Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)]


class Reading(RequestBody):
    """Whether a vehicle stands on a spot."""

    spot_id: UUID
    occupied: Annotated[bool, Field(strict=True)]
    at: AwareDatetime


class Readings(RequestBody):
    """Readings of single spots."""

    readings: Annotated[list[Reading], Field(min_length=1, max_length=MAX_READINGS)]


class Counted(RequestBody):
    """How many vehicles are in the lot, and how many it holds."""

    occupied: Count
    capacity: Count
    at: AwareDatetime


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
async def report_occupancy(lot_id: UUID, body: Readings | Counted, does: Does, operator: Operator) -> Report:
    """Tell what was seen. The newest reading counts; where none of them can be true the answer is 422."""
    if isinstance(body, Counted):
        command = ReportOccupancy(operator, lot_id, count=CountReading(body.occupied, body.capacity, body.at))
    else:
        readings = [SpotReading(each.spot_id, each.occupied, each.at) for each in body.readings]
        command = ReportOccupancy(operator, lot_id, readings)
    digested = await does.report_occupancy(command)
    refused = [RefusedReading(pointer=each.pointer, detail=each.rule) for each in digested.refused]
    return Report(applied=digested.applied, unchanged=digested.unchanged, refused=refused)
