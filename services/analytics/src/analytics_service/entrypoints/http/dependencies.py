"""What the routes get handed in."""

from typing import Annotated

from fastapi import Depends, Request

from analytics_service.bootstrap import UseCases
from parking_chassis.access_tokens import Principal
from parking_chassis.security import asker_of, permitted
from parking_kernel.askers import Asker

_PERMISSION = "read:analytics"


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.use_cases


async def _asker(principal: Annotated[Principal, Depends(permitted(_PERMISSION))]) -> Asker:
    return asker_of(principal, _PERMISSION)


Does = Annotated[UseCases, Depends(_use_cases)]
AskedBy = Annotated[Asker, Depends(_asker)]
