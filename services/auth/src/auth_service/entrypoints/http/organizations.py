"""Organizations and their members."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import StringConstraints

from auth_service.application.commands.add_member import AddMember
from auth_service.application.commands.create_organization import CreateOrganization
from auth_service.application.commands.remove_member import RemoveMember
from auth_service.application.commands.rename_organization import RenameOrganization
from auth_service.application.queries.list_organizations import ListOrganizations
from auth_service.domain.organizations import MemberRole, OrganizationState
from auth_service.entrypoints.http.dependencies import After, Does, OrganizationAdministrator, Person
from auth_service.entrypoints.http.problems import CHANGED_MEANWHILE, ORGANIZATION_FULL, OWN_ACCOUNT
from parking_chassis.api_document import carries, may_answer
from parking_chassis.concurrency import IfMatch, etag
from parking_chassis.idempotency import KeyOf, fingerprint_of, response_of
from parking_chassis.pagination import DEFAULT_LIMIT, Limit, Page, encode_cursor, next_page
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import Line, RequestBody, ResponseBody
from parking_kernel.repeatable import Answer

router = APIRouter(prefix="/api/v1/organizations", tags=["organizations"])


class OrganizationBody(RequestBody):
    """What an organization is called."""

    name: Annotated[Line, StringConstraints(min_length=1, max_length=200)]


class MembershipBody(RequestBody):
    """What the member is in it."""

    role: MemberRole = MemberRole.OPERATOR


class MemberView(ResponseBody):
    """Someone who runs the organization's lots."""

    user_id: UUID
    role: str


class OrganizationView(ResponseBody):
    """A tenant."""

    id: UUID
    name: str
    members: list[MemberView]
    version: int


@router.post("", status_code=201, response_model=OrganizationView)
@carries("ETag", "Location")
async def create_organization(
    asker: OrganizationAdministrator, body: OrganizationBody, does: Does, key_of: KeyOf
) -> Response:
    """Make a tenant; for administrators. The same request with the same key makes one, and gets its first answer."""
    command = CreateOrganization(asker, body.name, key_of(fingerprint_of(body)))
    answer = await does.create_organization(command, _made)
    made = OrganizationView.model_validate_json(answer.body)
    return response_of(answer, {"Location": f"/api/v1/organizations/{made.id}", "ETag": etag(made.version)})


@router.get("")
async def list_organizations(
    request: Request,
    response: Response,
    does: Does,
    person: Person,
    after: After,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[OrganizationView]:
    """One's own organizations; all of them for administrators."""
    found = await does.list_organizations(ListOrganizations(person, after, limit + 1))
    last = encode_cursor(str(found[limit - 1].id)) if len(found) > limit else None
    return Page(items=[_view(each) for each in found[:limit]], next=next_page(request, response, last))


@router.patch("/{organization_id}")
@may_answer(NOT_FOUND, CHANGED_MEANWHILE)
@carries("ETag")
async def rename_organization(
    asker: OrganizationAdministrator,
    organization_id: UUID,
    body: OrganizationBody,
    does: Does,
    response: Response,
    version: IfMatch,
) -> OrganizationView:
    """Give an organization another name; with `If-Match` only if nobody changed it meanwhile."""
    command = RenameOrganization(asker, organization_id, body.name, version)
    organization = await does.rename_organization(command)
    response.headers["ETag"] = etag(organization.version)
    return _view(organization)


@router.put("/{organization_id}/members/{user_id}", status_code=204)
@may_answer(NOT_FOUND, ORGANIZATION_FULL)
async def add_member(
    asker: OrganizationAdministrator,
    organization_id: UUID,
    user_id: UUID,
    does: Does,
    body: MembershipBody | None = None,
) -> None:
    """Let someone run the organization's lots; gives the role `operator` too. It has 500 members at most.

    A manager may do what an operator may, and is named differently. Where `is_verified` of the account is false, nobody
    has shown that its address is theirs: make sure who it is.
    """
    await does.add_member(AddMember(asker, organization_id, user_id, (body or MembershipBody()).role))


@router.delete("/{organization_id}/members/{user_id}", status_code=204)
@may_answer(NOT_FOUND, OWN_ACCOUNT)
async def remove_member(asker: OrganizationAdministrator, organization_id: UUID, user_id: UUID, does: Does) -> None:
    """Remove a member, and sign all their devices out; with the last organization the role `operator` goes too.

    Nobody removes themselves.
    """
    await does.remove_member(RemoveMember(asker, organization_id, user_id))


def _made(organization: OrganizationState) -> Answer:
    return Answer(201, _view(organization).model_dump_json().encode())


def _view(organization: OrganizationState) -> OrganizationView:
    members = [MemberView(user_id=user_id, role=role.value) for user_id, role in organization.members.items()]
    return OrganizationView(id=organization.id, name=organization.name, members=members, version=organization.version)
