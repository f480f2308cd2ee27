"""What the routes get handed in."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from auth_service.bootstrap import UseCases
from parking_chassis.api_document import may_answer
from parking_chassis.pagination import Cursor, id_in_cursor
from parking_chassis.problems import FORBIDDEN, Problem
from parking_chassis.security import SignedIn


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.use_cases


@may_answer(FORBIDDEN)
async def _user_id(principal: SignedIn) -> UUID:
    try:
        return UUID(principal.subject)
    except ValueError as error:
        raise Problem(FORBIDDEN, "This is for people; a machine client has no account.") from error


async def _after(cursor: Cursor = None) -> UUID | None:
    return id_in_cursor(cursor)


Does = Annotated[UseCases, Depends(_use_cases)]
Me = Annotated[UUID, Depends(_user_id)]
After = Annotated[UUID | None, Depends(_after)]
