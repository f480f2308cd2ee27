"""The gates."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import StringConstraints

from parking_chassis.api_document import may_answer
from parking_chassis.instants import Instant
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import RequestBody, ResponseBody
from parking_chassis.security import permitted
from reservation_service.application.commands.check_in import CheckIn
from reservation_service.application.commands.check_out import CheckOut
from reservation_service.application.ports import GateAnswer
from reservation_service.entrypoints.http.dependencies import Does, GateKeeper
from reservation_service.entrypoints.http.views import MoneyView

router = APIRouter(prefix="/api/v1/gates", tags=["gates"], dependencies=[Depends(permitted("operate:gate"))])


class Reading(RequestBody):
    """What a gate read; `at` is when, for a gate that was offline."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    parking_lot_id: UUID
    at: Instant | None = None


class GateDecision(ResponseBody):
    """Whether the gate opens, and why."""

    decision: Literal["open", "deny"]
    reason: str
    parking_session_id: UUID | None
    amount_due: MoneyView | None


@router.post("/check-in")
@may_answer(NOT_FOUND)
async def check_in(body: Reading, does: Does, asker: GateKeeper) -> GateDecision:
    """A car wants in. A refusal is an answer with its reason, not an error."""
    return _decision(await does.check_in(CheckIn(asker, body.parking_lot_id, body.token, body.at)))


@router.post("/check-out")
@may_answer(NOT_FOUND)
async def check_out(body: Reading, does: Does, asker: GateKeeper) -> GateDecision:
    """A car wants out; what it owes for staying too long is in the answer."""
    return _decision(await does.check_out(CheckOut(asker, body.parking_lot_id, body.token, body.at)))


def _decision(answer: GateAnswer) -> GateDecision:
    return GateDecision(
        decision="open" if answer.verdict.opens else "deny",
        reason=answer.verdict.reason.value,
        parking_session_id=answer.parking_session_id,
        amount_due=MoneyView.of(answer.amount_due) if answer.amount_due else None,
    )
