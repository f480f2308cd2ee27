"""What the routes get handed in."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from parking_chassis.api_document import may_answer
from parking_chassis.problems import FORBIDDEN, Problem
from parking_chassis.security import SignedIn, asker_of, user_of
from parking_kernel.askers import Asker
from payment_service.bootstrap import Payments, UseCases


async def _service(request: Request) -> Payments:
    return request.app.state.service


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.service.use_cases


@may_answer(FORBIDDEN)
async def _user_id(principal: SignedIn) -> UUID:
    if user_id := user_of(principal):
        return user_id
    raise Problem(FORBIDDEN, "This is for people; a machine client has no payments.")


async def _asker(principal: SignedIn) -> Asker:
    await _user_id(principal)
    return asker_of(principal, "read:reservation")


Service = Annotated[Payments, Depends(_service)]
Does = Annotated[UseCases, Depends(_use_cases)]
Me = Annotated[UUID, Depends(_user_id)]
AskedBy = Annotated[Asker, Depends(_asker)]
