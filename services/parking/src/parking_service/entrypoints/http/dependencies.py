"""What the routes get handed in. All of it is async: FastAPI would send a plain function to a thread and back."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from parking_chassis.access_tokens import EVERYTHING, Principal
from parking_chassis.concurrency import expected_version
from parking_chassis.security import permitted
from parking_service.bootstrap import UseCases
from parking_service.domain.tenancy import Actor


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.use_cases


async def _operator(principal: Annotated[Principal, Depends(permitted("write:parking"))]) -> Actor:
    organizations = frozenset(UUID(organization) for organization in principal.organizations)
    return Actor(organizations, everywhere=EVERYTHING in principal.permissions)


async def _expected_version(if_match: Annotated[str | None, Header()] = None) -> int | None:
    return expected_version(if_match)


Does = Annotated[UseCases, Depends(_use_cases)]
Operator = Annotated[Actor, Depends(_operator)]
IfMatch = Annotated[int | None, Depends(_expected_version)]
