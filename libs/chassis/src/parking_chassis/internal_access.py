"""What other services ask, past the gateway, which routes nothing below `/internal`. Not part of the public API."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from parking_chassis.problems import NO_CREDENTIALS, UNAUTHENTICATED, Problem

bearer = HTTPBearer(scheme_name="internal token", auto_error=False)


async def _is_one_of_us(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> None:
    """Raises a 401 problem without the internal token; without one in the settings, for everybody."""
    if credentials is None:
        raise Problem(NO_CREDENTIALS, "This needs the internal token: Authorization: Bearer <token>.")
    expected: SecretStr | None = request.app.state.internal_token
    given = credentials.credentials.encode()
    accepted = expected.get_secret_value().split(",") if expected else []
    # All are compared, so that the time does not tell which one came near.
    if not sum(secrets.compare_digest(given, each.encode()) for each in accepted):
        raise Problem(UNAUTHENTICATED, "The internal token is not valid.")


def internal_router() -> APIRouter:
    """Routes below `/internal` for those who show a token of the application's `state.internal_token`.

    That is a setting of the type `parking_chassis.settings.InternalTokens`.
    """
    return APIRouter(prefix="/internal", include_in_schema=False, dependencies=[Depends(_is_one_of_us)])
