"""A user's own signed-in devices."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response

from auth_service.application.commands.end_all_logins import EndAllLogins
from auth_service.application.commands.end_login import EndLogin
from auth_service.entrypoints.http.dependencies import After, Does, Me, Person, Service
from parking_chassis.api_document import may_answer
from parking_chassis.pagination import DEFAULT_LIMIT, Limit, Page, encode_cursor, next_page
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import ResponseBody
from parking_chassis.security import SignedIn

router = APIRouter(prefix="/api/v1/auth/sessions", tags=["auth"])


class SignedInDevice(ResponseBody):
    """A device; `current` marks the one that asks."""

    id: UUID
    device: str
    started_at: datetime
    last_used_at: datetime
    current: bool


@router.get("")
async def list_logins(
    request: Request,
    response: Response,
    service: Service,
    person: Person,
    me: Me,
    principal: SignedIn,
    after: After,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[SignedInDevice]:
    """One's own signed-in devices, the newest first."""
    async with service.open_work(person) as work:
        logins = await work.logins.devices_of_user(me, service.clock.now(), after, limit + 1)
    last = encode_cursor(str(logins[limit - 1].id)) if len(logins) > limit else None
    return Page(
        items=[
            SignedInDevice(
                id=login.id,
                device=login.device,
                started_at=login.started_at,
                last_used_at=login.last_used_at,
                current=str(login.id) == principal.login_id,
            )
            for login in logins[:limit]
        ],
        next=next_page(request, response, last),
    )


@router.delete("/{login_id}", status_code=204)
@may_answer(NOT_FOUND)
async def end_login(login_id: UUID, does: Does, person: Person) -> None:
    """Sign one device out; its access token counts no more."""
    await does.end_login(EndLogin(person, login_id))


@router.delete("", status_code=204)
async def end_all_logins(does: Does, person: Person) -> None:
    """Sign all devices out, this one too."""
    await does.end_all_logins(EndAllLogins(person))
