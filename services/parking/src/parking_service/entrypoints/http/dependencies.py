"""What the routes get handed in. All of it is async: FastAPI would send a plain function to a thread and back."""

from typing import Annotated

from fastapi import Depends, Request

from parking_chassis.access_tokens import Principal
from parking_chassis.security import asker_of, permitted
from parking_kernel.askers import Asker
from parking_service.bootstrap import Queries, UseCases

WRITE_PARKING = "write:parking"


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.use_cases


async def _queries(request: Request) -> Queries:
    return request.app.state.queries


async def _operator(principal: Annotated[Principal, Depends(permitted(WRITE_PARKING))]) -> Asker:
    return asker_of(principal, WRITE_PARKING)


Does = Annotated[UseCases, Depends(_use_cases)]
Asks = Annotated[Queries, Depends(_queries)]
Operator = Annotated[Asker, Depends(_operator)]
