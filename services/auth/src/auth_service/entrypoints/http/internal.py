"""What other services ask, past the gateway, which routes nothing below `/internal`. Not part of the public API."""

from uuid import UUID

from fastapi import Response

from auth_service.entrypoints.http.dependencies import Service
from auth_service.entrypoints.http.problems import NO_STORE
from parking_chassis.internal_access import internal_router
from parking_chassis.schemas import ResponseBody
from parking_kernel.askers import THE_SERVICE

LOCALE = "en"  # nobody can choose another one yet

router = internal_router()


class ContactView(ResponseBody):
    """How a user is reached. To an address that is not verified nothing is sent but auth's own mail to verify it."""

    email: str | None
    is_verified: bool
    full_name: str
    locale: str


@router.get("/users/{user_id}/contact")
async def get_contact(user_id: UUID, response: Response, service: Service) -> ContactView:
    """A user's address, for the service that is about to write to them. A user who may not sign in still gets mails."""
    async with service.open_work(THE_SERVICE) as work:
        user = await work.users.read(user_id)
    response.headers.update(NO_STORE)
    return ContactView(email=user.email, is_verified=user.is_verified, full_name=user.full_name, locale=LOCALE)
