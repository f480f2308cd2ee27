"""The gates."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints

from parking_chassis.api_document import may_answer
from parking_chassis.error_words import pattern
from parking_chassis.idempotency import KeyOf, fingerprint_of, response_of
from parking_chassis.instants import Instant
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import RequestBody, ResponseBody, open_words
from parking_chassis.security import permitted
from parking_kernel.repeatable import Answer
from reservation_service.application.commands.check_in import CheckIn
from reservation_service.application.commands.check_out import CheckOut
from reservation_service.domain.gate_answers import GateAnswer
from reservation_service.domain.gates import Reason
from reservation_service.entrypoints.http.dependencies import Does, GateKeeper
from reservation_service.entrypoints.http.problems import LOT_NOT_READY
from reservation_service.entrypoints.http.views import MoneyView

router = APIRouter(prefix="/api/v1/gates", tags=["gates"], dependencies=[Depends(permitted("operate:gate"))])

OK = 200

WHEN = "at most 24 hours ago, and never ahead; up to a minute ahead is a clock that runs fast, and counts as now"

GATE_ID = pattern(
    r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", "must be a gate's name such as north-1: letters and digits, and then also . _ : -"
)
GateId = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=GATE_ID)]


class Reading(RequestBody):
    """What a gate read; `at` is when, for a gate that was offline.

    The same token, gate and `at` are the same report, and get the first answer again; so does the same
    `Idempotency-Key`. Gates of a lot that say no `gate_id` count as one gate. A report without `at` happens now, and
    without a key each is a new one.
    """

    token: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    parking_lot_id: UUID
    gate_id: Annotated[GateId | None, Field(description="the operator's name of the gate, such as `north-1`")] = None
    at: Annotated[Instant | None, Field(description=WHEN)] = None


class GateDecision(ResponseBody):
    """Whether the gate opens, why, and what a display needs. Nothing is told of another lot's reservation."""

    decision: Literal["open", "deny"]
    reason: Annotated[
        str, Field(description="why, for a program; later versions may know more", json_schema_extra=open_words(Reason))
    ]
    message: Annotated[str, Field(description="a short text for the driver")]
    spot_number: str | None
    vehicle_plate: Annotated[str | None, Field(description="if the driver has given one")]
    opens_at: Annotated[datetime | None, Field(description="from when one can drive in, where it is `too_early`")]
    parking_session_id: UUID | None
    amount_due: Annotated[
        MoneyView | None, Field(description="what is to be paid; at an exit that opens, also nothing")
    ]
    due_for: Annotated[list[str], Field(description="what `amount_due` is for: `booking`, `overstay`")]


@router.post("/check-in", response_model=GateDecision)
@may_answer(NOT_FOUND, LOT_NOT_READY)
async def check_in(body: Reading, does: Does, asker: GateKeeper, key_of: KeyOf) -> Response:
    """A car wants in, or drove in. A refusal is an answer with its reason, not an error."""
    key = key_of(fingerprint_of(body))
    command = CheckIn(asker, body.parking_lot_id, body.token, body.at, body.gate_id, key)
    return response_of(await does.check_in(command, _decision))


@router.post("/check-out", response_model=GateDecision)
@may_answer(NOT_FOUND, LOT_NOT_READY)
async def check_out(body: Reading, does: Does, asker: GateKeeper, key_of: KeyOf) -> Response:
    """A car wants out, or drove out; what it owes is in the answer. An exit whose entry is not known yet is kept."""
    key = key_of(fingerprint_of(body))
    command = CheckOut(asker, body.parking_lot_id, body.token, body.at, body.gate_id, key)
    return response_of(await does.check_out(command, _decision))


def _decision(answer: GateAnswer) -> Answer:
    decision = GateDecision(
        decision="open" if answer.verdict.opens else "deny",
        reason=answer.verdict.reason.value,
        message=answer.message,
        spot_number=answer.spot_number,
        vehicle_plate=answer.vehicle_plate,
        opens_at=answer.opens_at.astimezone(UTC) if answer.opens_at else None,
        parking_session_id=answer.parking_session_id,
        amount_due=MoneyView.of(answer.amount_due) if answer.amount_due else None,
        due_for=[each.value for each in answer.due_for],
    )
    return Answer(OK, decision.model_dump_json().encode())
