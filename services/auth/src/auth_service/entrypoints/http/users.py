"""Users and roles."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import StringConstraints

from auth_service.application.commands.assign_role import AssignRole
from auth_service.application.commands.reinstate_user import ReinstateUser
from auth_service.application.commands.revoke_role import RevokeRole
from auth_service.application.commands.suspend_user import SuspendUser
from auth_service.application.queries.get_profile import GetProfile
from auth_service.domain.grants import Grant
from auth_service.domain.users import StatusChange, UserFilter, UserState, UserStatus
from auth_service.entrypoints.http.dependencies import After, Does, Me, Person, Service, UserAdministrator
from auth_service.entrypoints.http.problems import OWN_ACCOUNT
from parking_chassis.api_document import may_answer
from parking_chassis.pagination import DEFAULT_LIMIT, Limit, Page, encode_cursor, next_page
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import Line, RequestBody, ResponseBody

SHOWN_CHANGES = 20

router = APIRouter(prefix="/api/v1", tags=["users"])


class MembershipView(ResponseBody):
    """An organization that the user belongs to."""

    id: UUID
    name: str
    role: str


class UserProfile(ResponseBody):
    """A user with what they may do, and where. `email` is null where another account verified the address."""

    id: UUID
    email: str | None
    full_name: str
    phone_number: str | None
    is_verified: bool
    roles: list[str]
    permissions: list[str]
    organizations: list[MembershipView]


class StatusChangeView(ResponseBody):
    """Why an account was last suspended or reinstated, by whom and when. `by` is null where it was no person."""

    reason: str
    by: UUID | None
    at: datetime


class PastStatusView(StatusChangeView):
    """A suspension, or the end of one."""

    status: UserStatus


class UserDetails(UserProfile):
    """A user as administrators see them. `status_change` is null for an account that was never suspended.

    `status_history` begins with the last change, and goes back by twenty at most.
    """

    status: UserStatus
    status_change: StatusChangeView | None
    status_history: list[PastStatusView]
    registered_at: datetime


class StatusReason(RequestBody):
    """Why an account is suspended or reinstated; administrators read it, the user does not."""

    reason: Annotated[Line, StringConstraints(min_length=1, max_length=500)]


class UserSummary(ResponseBody):
    """A user in a list."""

    id: UUID
    email: str | None
    full_name: str
    is_verified: bool
    status: UserStatus
    status_change: StatusChangeView | None
    roles: list[str]


class RoleView(ResponseBody):
    """A role and what it permits."""

    name: str
    permissions: list[str]


@router.get("/users/me")
async def get_own_profile(does: Does, person: Person, me: Me) -> UserProfile:
    """One's own profile."""
    return _profile(*await does.get_profile(GetProfile(person, me)))


@router.get("/users")
async def list_users(
    asker: UserAdministrator,
    request: Request,
    response: Response,
    service: Service,
    after: After,
    query: Annotated[
        str | None,
        Query(max_length=200, description="part of a name or address, in any case, with or without accents"),
    ] = None,
    status: Annotated[UserStatus | None, Query(description="only accounts with this status")] = None,
    role: Annotated[str | None, Query(max_length=100, description="only those with this role")] = None,
    is_verified: Annotated[
        bool | None, Query(description="only those whose address is verified; `false`: only the others")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[UserSummary]:
    """Find users; for administrators."""
    async with service.open_work(asker) as work:
        found = await work.users.page(UserFilter(query, status, role, is_verified), after, limit + 1)
    last = encode_cursor(str(found[limit - 1].id)) if len(found) > limit else None
    return Page(items=[_summary(user) for user in found[:limit]], next=next_page(request, response, last))


@router.get("/users/{user_id}")
@may_answer(NOT_FOUND)
async def get_user(asker: UserAdministrator, user_id: UUID, does: Does, service: Service) -> UserDetails:
    """One user, with their status, why it is so, and how it was before; for administrators."""
    user, grant = await does.get_profile(GetProfile(asker, user_id))
    async with service.open_work(asker) as work:
        history = await work.users.status_history(user_id, SHOWN_CHANGES)
    return UserDetails(
        **dict(_profile(user, grant)),
        status=user.status,
        status_change=_status_change(user.last_status_change),
        status_history=[
            PastStatusView(status=each.status, reason=each.change.reason, by=each.change.by, at=each.change.at)
            for each in history
        ],
        registered_at=user.created_at,
    )


@router.get("/roles")
async def list_roles(asker: UserAdministrator, service: Service) -> Page[RoleView]:
    """The roles and what they permit; for administrators."""
    async with service.open_work(asker) as work:
        roles = await work.roles.all()
    return Page(items=[RoleView(name=role.name, permissions=sorted(role.permissions)) for role in roles])


@router.put("/users/{user_id}/roles/{role}", status_code=204)
@may_answer(NOT_FOUND, OWN_ACCOUNT)
async def assign_role(asker: UserAdministrator, user_id: UUID, role: str, does: Does) -> None:
    """Give a user a role; it shows in the next access token. Nobody gives one to themselves."""
    await does.assign_role(AssignRole(asker, user_id, role))


@router.delete("/users/{user_id}/roles/{role}", status_code=204)
@may_answer(NOT_FOUND, OWN_ACCOUNT)
async def revoke_role(asker: UserAdministrator, user_id: UUID, role: str, does: Does) -> None:
    """Take a role from a user; all their devices are signed out. Nobody takes one from themselves."""
    await does.revoke_role(RevokeRole(asker, user_id, role))


@router.post("/users/{user_id}/suspend", status_code=204)
@may_answer(NOT_FOUND, OWN_ACCOUNT)
async def suspend_user(asker: UserAdministrator, user_id: UUID, body: StatusReason, does: Does) -> None:
    """Close an account for signing in; all its devices are signed out. Nobody suspends themselves.

    A second call changes nothing, not even the reason.
    """
    await does.suspend_user(SuspendUser(asker, user_id, body.reason))


@router.post("/users/{user_id}/reinstate", status_code=204)
@may_answer(NOT_FOUND, OWN_ACCOUNT)
async def reinstate_user(asker: UserAdministrator, user_id: UUID, body: StatusReason, does: Does) -> None:
    """Open a suspended account again; its user signs in again. For an account that is open it changes nothing.

    Nobody reinstates themselves.
    """
    await does.reinstate_user(ReinstateUser(asker, user_id, body.reason))


def _profile(user: UserState, grant: Grant) -> UserProfile:
    return UserProfile(
        id=user.id,
        email=user.email,
        full_name=user.full_name,
        phone_number=user.phone_number,
        is_verified=user.is_verified,
        roles=sorted(user.roles),
        permissions=sorted(grant.permissions),
        organizations=[
            MembershipView(id=each.organization_id, name=each.organization_name, role=each.role.value)
            for each in grant.memberships
        ],
    )


def _summary(user: UserState) -> UserSummary:
    return UserSummary(
        id=user.id,
        email=user.email,
        full_name=user.full_name,
        is_verified=user.is_verified,
        status=user.status,
        status_change=_status_change(user.last_status_change),
        roles=sorted(user.roles),
    )


def _status_change(change: StatusChange | None) -> StatusChangeView | None:
    return StatusChangeView(reason=change.reason, by=change.by, at=change.at) if change else None
