"""What the routes get handed in."""

from typing import Annotated

from fastapi import Depends, Request

from parking_chassis.access_tokens import Principal
from parking_chassis.api_document import may_answer
from parking_chassis.problems import FORBIDDEN
from parking_chassis.security import SignedIn, asker_of, asking, person, person_with
from parking_kernel.askers import Asker
from reservation_service.bootstrap import Reservation, UseCases

WRITE_PARKING = "write:parking"


async def _service(request: Request) -> Reservation:
    return request.app.state.service


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.service.use_cases


@may_answer(FORBIDDEN)
async def _driver(principal: SignedIn) -> Asker:
    """A person, with the organizations in which they may reserve."""
    person(principal)
    return asker_of(principal, "write:reservation")


async def _operator(principal: Annotated[Principal, Depends(person_with(WRITE_PARKING))]) -> Asker:
    return asker_of(principal, WRITE_PARKING)


Service = Annotated[Reservation, Depends(_service)]
Does = Annotated[UseCases, Depends(_use_cases)]
Driver = Annotated[Asker, Depends(_driver)]
Reader = Annotated[Asker, Depends(asking("read:reservation"))]
Operator = Annotated[Asker, Depends(_operator)]
"""A person who may change lots, with the organizations in which they may."""
GateKeeper = Annotated[Asker, Depends(asking("operate:gate"))]
