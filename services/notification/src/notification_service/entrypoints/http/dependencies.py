"""What the routes get handed in."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from notification_service.application.ports import OpenWork
from notification_service.bootstrap import UseCases
from notification_service.domain.rooms import Visitor
from parking_chassis.access_tokens import Principal
from parking_chassis.api_document import may_answer
from parking_chassis.problems import FORBIDDEN, Problem
from parking_chassis.security import SignedIn, user_of
from parking_kernel.askers import Asker


def visitor_of(principal: Principal) -> Visitor:
    """Whom a token lets listen to what."""
    return Visitor(
        principal.subject, principal.organizations, principal.permissions, principal.expires_at, principal.login_id
    )


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.service.use_cases


async def _open_work(request: Request) -> OpenWork:
    return request.app.state.service.open_work


@may_answer(FORBIDDEN)
async def _me(principal: SignedIn) -> UUID:
    if user_id := user_of(principal):
        return user_id
    raise Problem(FORBIDDEN, "This is for people; a machine client has no inbox.")


async def _asker(me: Annotated[UUID, Depends(_me)], principal: SignedIn) -> Asker:
    """A user with an inbox, which is theirs alone: no organization's."""
    return Asker(me, permissions=principal.permissions)


async def _visitor(principal: SignedIn) -> Visitor:
    return visitor_of(principal)


Does = Annotated[UseCases, Depends(_use_cases)]
Opens = Annotated[OpenWork, Depends(_open_work)]
Me = Annotated[UUID, Depends(_me)]
AskedBy = Annotated[Asker, Depends(_asker)]
VisitedBy = Annotated[Visitor, Depends(_visitor)]
