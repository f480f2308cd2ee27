"""What the routes get handed in."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from auth_service.bootstrap import UseCases
from parking_chassis.security import SignedIn


def _use_cases(request: Request) -> UseCases:
    return request.app.state.use_cases


def _user_id(principal: SignedIn) -> UUID:
    return UUID(principal.subject)


Does = Annotated[UseCases, Depends(_use_cases)]
Me = Annotated[UUID, Depends(_user_id)]
