"""Who asks, and whether they may: FastAPI dependencies over the access token."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from parking_chassis.access_tokens import AccessTokenVerifier, InvalidToken, Principal
from parking_chassis.api_document import may_answer
from parking_chassis.problems import FORBIDDEN, NO_CREDENTIALS, UNAUTHENTICATED, Problem
from parking_kernel.askers import Asker

bearer = HTTPBearer(bearerFormat="JWT", scheme_name="access_token", auto_error=False)


@may_answer(NO_CREDENTIALS)
async def current_principal(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Principal:
    """The principal of the request's bearer token. Raises a 401 problem without one, or with a bad one."""
    if credentials is None:
        raise Problem(NO_CREDENTIALS, "This needs an access token: Authorization: Bearer <token>.")
    verifier: AccessTokenVerifier = request.app.state.token_verifier
    try:
        principal = await verifier.verify(credentials.credentials)
    except InvalidToken as error:
        raise Problem(UNAUTHENTICATED, f"The access token is not valid: {error}.") from error
    structlog.contextvars.bind_contextvars(principal=principal.subject)
    return principal


SignedIn = Annotated[Principal, Depends(current_principal)]


def permitted(permission: str) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency that answers 403 to a principal without the permission."""

    @may_answer(FORBIDDEN)
    async def check(principal: SignedIn) -> Principal:
        _require(principal, permission)
        return principal

    return check


def person_with(permission: str) -> Callable[[Principal], Awaitable[Principal]]:
    """A dependency: the token of a user. It answers 403 without the permission, and to a machine.

    One instead of two: solving a dependency costs a hot path as much as a small statement.
    """

    @may_answer(FORBIDDEN)
    async def check(principal: SignedIn) -> Principal:
        _require(principal, permission)
        person(principal)
        return principal

    return check


def _require(principal: Principal, permission: str) -> None:
    if not principal.may(permission):
        raise Problem(FORBIDDEN, f"This needs the permission {permission}.")


def person(principal: Principal) -> UUID:
    """The user whom a token speaks for. Raises a 403 problem for a machine."""
    if user_id := user_of(principal):
        return user_id
    raise Problem(FORBIDDEN, "Only a person can do this; the token speaks for a machine.")


def asker_of(principal: Principal, permission: str) -> Asker:
    """Who asks, with the organizations in which the permission lets them act; a machine client is no user."""
    organizations = principal.organizations if principal.may(permission) else ()
    return Asker(user_of(principal), frozenset(UUID(each) for each in organizations), principal.permissions)


def user_of(principal: Principal) -> UUID | None:
    """The user whom a token speaks for; none for that of a machine client."""
    try:
        return UUID(principal.subject)
    except ValueError:
        return None


def asking(permission: str) -> Callable[[Principal], Awaitable[Asker]]:
    """A dependency: who asks, whether or not they have the permission; see `asker_of`."""

    async def ask(principal: SignedIn) -> Asker:
        return asker_of(principal, permission)

    return ask
