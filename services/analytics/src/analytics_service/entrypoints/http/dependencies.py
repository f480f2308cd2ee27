"""What the routes get handed in."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from analytics_service.application.ports import Asker
from analytics_service.bootstrap import UseCases
from parking_chassis.access_tokens import EVERYTHING, Principal
from parking_chassis.security import permitted


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.use_cases


async def _asker(principal: Annotated[Principal, Depends(permitted("read:analytics"))]) -> Asker:
    operated = frozenset(UUID(organization) for organization in principal.organizations)
    return Asker(operated, principal.may(EVERYTHING))


Does = Annotated[UseCases, Depends(_use_cases)]
AskedBy = Annotated[Asker, Depends(_asker)]
