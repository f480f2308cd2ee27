"""What the routes get handed in."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from parking_chassis.access_tokens import EVERYTHING, Principal
from parking_chassis.api_document import may_answer
from parking_chassis.problems import FORBIDDEN, Problem
from parking_chassis.security import SignedIn
from reservation_service.application.ports import Asker
from reservation_service.bootstrap import Reservation, UseCases


async def _service(request: Request) -> Reservation:
    return request.app.state.service


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.service.use_cases


@may_answer(FORBIDDEN)
async def _user_id(principal: SignedIn) -> UUID:
    if user_id := _user_of(principal):
        return user_id
    raise Problem(FORBIDDEN, "Only a person can do this; the token speaks for a machine.")


def _user_of(principal: Principal) -> UUID | None:
    try:
        return UUID(principal.subject)
    except ValueError:
        return None


def _asker(permission: str) -> Callable[[Principal], Awaitable[Asker]]:
    """Who asks, with the organizations in which the permission lets them act."""

    async def ask(principal: SignedIn) -> Asker:
        operated = principal.organizations if principal.may(permission) else ()
        sees_all = principal.may(EVERYTHING)
        return Asker(_user_of(principal), frozenset(UUID(each) for each in operated), sees_all)

    return ask


Service = Annotated[Reservation, Depends(_service)]
Does = Annotated[UseCases, Depends(_use_cases)]
Me = Annotated[UUID, Depends(_user_id)]
Reader = Annotated[Asker, Depends(_asker("read:reservation"))]
GateKeeper = Annotated[Asker, Depends(_asker("operate:gate"))]
