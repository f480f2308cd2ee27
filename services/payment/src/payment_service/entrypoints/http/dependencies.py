"""What the routes get handed in."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from parking_chassis.access_tokens import EVERYTHING
from parking_chassis.api_document import may_answer
from parking_chassis.problems import FORBIDDEN, Problem
from parking_chassis.security import SignedIn
from payment_service.application.ports import Asker
from payment_service.bootstrap import Payments, UseCases


async def _service(request: Request) -> Payments:
    return request.app.state.service


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.service.use_cases


@may_answer(FORBIDDEN)
async def _user_id(principal: SignedIn) -> UUID:
    try:
        return UUID(principal.subject)
    except ValueError as error:
        raise Problem(FORBIDDEN, "This is for people; a machine client has no payments.") from error


async def _asker(principal: SignedIn) -> Asker:
    operated = principal.organizations if principal.may("read:reservation") else ()
    return Asker(
        await _user_id(principal),
        frozenset(UUID(organization) for organization in operated),
        principal.may(EVERYTHING),
    )


Service = Annotated[Payments, Depends(_service)]
Does = Annotated[UseCases, Depends(_use_cases)]
Me = Annotated[UUID, Depends(_user_id)]
AskedBy = Annotated[Asker, Depends(_asker)]
