"""What the routes get handed in."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from notification_service.bootstrap import UseCases
from notification_service.domain.rooms import Visitor
from parking_chassis.access_tokens import Principal
from parking_chassis.api_document import may_answer
from parking_chassis.problems import FORBIDDEN, Problem
from parking_chassis.security import SignedIn


def visitor_of(principal: Principal) -> Visitor:
    """Whom a token lets listen to what."""
    return Visitor(
        principal.subject, principal.organizations, principal.permissions, principal.expires_at, principal.login_id
    )


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.service.use_cases


@may_answer(FORBIDDEN)
async def _user_id(principal: SignedIn) -> UUID:
    try:
        return UUID(principal.subject)
    except ValueError as error:
        raise Problem(FORBIDDEN, "This is for people; a machine client has no inbox.") from error


async def _visitor(principal: SignedIn) -> Visitor:
    return visitor_of(principal)


Does = Annotated[UseCases, Depends(_use_cases)]
Me = Annotated[UUID, Depends(_user_id)]
VisitedBy = Annotated[Visitor, Depends(_visitor)]
