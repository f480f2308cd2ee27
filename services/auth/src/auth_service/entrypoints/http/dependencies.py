"""What the routes get handed in."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from auth_service.bootstrap import Auth, UseCases
from auth_service.domain.roles import MANAGE_ORGANIZATIONS, MANAGE_USERS
from parking_chassis.access_tokens import Principal
from parking_chassis.api_document import may_answer
from parking_chassis.pagination import Cursor, id_in_cursor
from parking_chassis.problems import FORBIDDEN, Problem
from parking_chassis.security import SignedIn, asker_of, permitted, user_of
from parking_kernel.askers import Asker

IPV4 = 4
SUBSCRIBER_BITS = 64


async def _service(request: Request) -> Auth:
    return request.app.state.service


async def _use_cases(request: Request) -> UseCases:
    return request.app.state.service.use_cases


@may_answer(FORBIDDEN)
async def _user_id(principal: SignedIn) -> UUID:
    if user_id := user_of(principal):
        return user_id
    raise Problem(FORBIDDEN, "This is for people; a machine client has no account.")


async def _person(me: Annotated[UUID, Depends(_user_id)], principal: SignedIn) -> Asker:
    """A user who asks for what is their own: for that, no organization counts."""
    return Asker(me, permissions=principal.permissions)


def _administering(permission: str) -> Callable[[Principal], Awaitable[Asker]]:
    """Who asks, with the permission, and by which login; without the permission the answer is 403."""

    async def ask(principal: Annotated[Principal, Depends(permitted(permission))]) -> Asker:
        login_id = UUID(principal.login_id) if principal.login_id else None
        return replace(asker_of(principal, permission), login_id=login_id)

    return ask


async def _after(cursor: Cursor = None) -> UUID | None:
    return id_in_cursor(cursor)


async def _network_address(request: Request) -> str | None:
    """Where the request came from, by the gateway's word: it replaces what a client claims.

    Of IPv6 the network counts, since one subscriber has 2^64 addresses. Nothing where no gateway stands in front.
    """
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    try:
        address = ip_address(forwarded)
    except ValueError:
        return None
    return str(address if address.version == IPV4 else ip_network((address, SUBSCRIBER_BITS), strict=False))


Service = Annotated[Auth, Depends(_service)]
Does = Annotated[UseCases, Depends(_use_cases)]
Me = Annotated[UUID, Depends(_user_id)]
Person = Annotated[Asker, Depends(_person)]
UserAdministrator = Annotated[Asker, Depends(_administering(MANAGE_USERS))]
OrganizationAdministrator = Annotated[Asker, Depends(_administering(MANAGE_ORGANIZATIONS))]
NetworkAddress = Annotated[str | None, Depends(_network_address)]
After = Annotated[UUID | None, Depends(_after)]
