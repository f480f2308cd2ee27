"""What the routes get handed in."""

from typing import Annotated

from fastapi import Depends, Request

from parking_chassis.api_document import may_answer
from parking_chassis.problems import FORBIDDEN
from parking_chassis.security import SignedIn, asker_of, asking, person
from parking_kernel.askers import Asker
from reservation_service.bootstrap import Reservation, UseCases


async def _service(request: Request) -> Reservation:
    return request.app.state.service


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.service.use_cases


@may_answer(FORBIDDEN)
async def _driver(principal: SignedIn) -> Asker:
    """A person, with the organizations in which they may reserve."""
    person(principal)
    return asker_of(principal, "write:reservation")


Service = Annotated[Reservation, Depends(_service)]
Does = Annotated[UseCases, Depends(_use_cases)]
Driver = Annotated[Asker, Depends(_driver)]
Reader = Annotated[Asker, Depends(asking("read:reservation"))]
GateKeeper = Annotated[Asker, Depends(asking("operate:gate"))]
