"""What the routes get handed in."""

from typing import Annotated

from fastapi import Depends, Request

from parking_chassis.api_document import may_answer
from parking_chassis.problems import FORBIDDEN, Problem
from parking_chassis.security import SignedIn, asker_of
from parking_kernel.askers import Asker
from payment_service.bootstrap import Payments, UseCases


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.service.use_cases


async def _publishable_key(request: Request) -> str:
    service: Payments = request.app.state.service
    return service.settings.stripe_publishable_key


@may_answer(FORBIDDEN)
async def _asker(principal: SignedIn) -> Asker:
    asker = asker_of(principal, "read:reservation")
    if asker.user_id is None:
        raise Problem(FORBIDDEN, "This is for people; a machine client has no payments.")
    return asker


Does = Annotated[UseCases, Depends(_use_cases)]
PublishableKey = Annotated[str, Depends(_publishable_key)]
AskedBy = Annotated[Asker, Depends(_asker)]
