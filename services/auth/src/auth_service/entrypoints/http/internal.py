"""What other services ask, past the gateway, which routes nothing below `/internal`. Not part of the public API."""

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from auth_service.application.queries.get_contact import GetContact
from auth_service.entrypoints.http.dependencies import Does
from auth_service.entrypoints.http.problems import NO_STORE
from parking_chassis.problems import NO_CREDENTIALS, UNAUTHENTICATED, Problem
from parking_chassis.schemas import ResponseBody

bearer = HTTPBearer(scheme_name="internal token", auto_error=False)

LOCALE = "en"  # nobody can choose another one yet


async def _is_one_of_us(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> None:
    """Raises a 401 problem without the internal token; without one in the settings, for everybody."""
    if credentials is None:
        raise Problem(NO_CREDENTIALS, "This needs the internal token: Authorization: Bearer <token>.")
    expected: SecretStr | None = request.app.state.internal_token
    given = credentials.credentials.encode()
    if expected is None or not secrets.compare_digest(given, expected.get_secret_value().encode()):
        raise Problem(UNAUTHENTICATED, "The internal token does not count.")


router = APIRouter(prefix="/internal", include_in_schema=False, dependencies=[Depends(_is_one_of_us)])


class ContactView(ResponseBody):
    """How a user is reached."""

    email: str
    full_name: str
    locale: str


@router.get("/users/{user_id}/contact")
async def get_contact(user_id: UUID, response: Response, does: Does) -> ContactView:
    """A user's address, for the service that is about to write to them."""
    user = await does.get_contact(GetContact(user_id))
    response.headers.update(NO_STORE)
    return ContactView(email=user.email, full_name=user.full_name, locale=LOCALE)
