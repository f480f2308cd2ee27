"""What the routes get handed in."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from parking_chassis.access_tokens import EVERYTHING
from parking_chassis.security import SignedIn
from reservation_service.application.ports import Asker
from reservation_service.bootstrap import Reservation, UseCases


def _service(request: Request) -> Reservation:
    return request.app.state.service


def _use_cases(request: Request) -> UseCases:
    return request.app.state.service.use_cases


def _user_id(principal: SignedIn) -> UUID:
    return UUID(principal.subject)


def _asker(principal: SignedIn) -> Asker:
    operated = principal.organizations if principal.may("read:reservation") else ()
    return Asker(
        UUID(principal.subject),
        frozenset(UUID(organization) for organization in operated),
        principal.may(EVERYTHING),
    )


Service = Annotated[Reservation, Depends(_service)]
Does = Annotated[UseCases, Depends(_use_cases)]
Me = Annotated[UUID, Depends(_user_id)]
AskedBy = Annotated[Asker, Depends(_asker)]
