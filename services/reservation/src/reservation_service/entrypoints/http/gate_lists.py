"""What gates need to work without a network: the keys, and the signed list."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from pydantic import Field

from parking_chassis.api_document import may_answer
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import ResponseBody
from parking_chassis.security import permitted
from reservation_service.application.queries.get_gate_list import GetGateList
from reservation_service.entrypoints.http.dependencies import Does, GateKeeper, Service
from reservation_service.entrypoints.http.problems import LOT_NOT_READY

router = APIRouter(prefix="/api/v1/gates", tags=["gates"])

JOSE = "application/jose"
NOT_MODIFIED = 304

TAG = {"ETag": {"description": "what this list says; send it as `If-None-Match`", "schema": {"type": "string"}}}
IfNoneMatch = Annotated[str | None, Header(description="the ETag of the list that the gate has")]


class PublishedKey(ResponseBody):
    """A public P-256 key (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: Annotated[str, Field(description="what a QR code names it by")]
    use: str
    alg: str


class PublishedKeys(ResponseBody):
    """The keys that QR codes, gates' lists and charge tokens are checked with; the first signs."""

    keys: list[PublishedKey]


@router.get("/jwks.json")
async def list_gate_keys(service: Service, response: Response) -> PublishedKeys:
    """The public keys that check QR codes without a network. Ask again for a key id that you do not know."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return PublishedKeys.model_validate(service.tokens.public_keys())


@router.get(
    "/list",
    response_class=Response,
    responses={
        200: {"content": {JOSE: {"schema": {"type": "string"}}}, "description": "The list, as a JWS", "headers": TAG},
        304: {"description": "The gate has this list", "headers": TAG},
    },
    dependencies=[Depends(permitted("operate:gate"))],
)
@may_answer(NOT_FOUND, LOT_NOT_READY)
async def get_gate_list(
    does: Does,
    asker: GateKeeper,
    parking_lot_id: Annotated[UUID, Query(description="the gate's lot")],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Who may drive in within the next 24 hours, and who is in: what is not on the list is denied.

    A JWS by the keys of `/gates/jwks.json`, of the type `gate-list+jwt`. Its claims are `lot`, `iat`, `exp`, `from`,
    `until` (where there is too much for one list, that is earlier than in 24 hours), `opens_before_seconds`,
    `plate_salt` and `reservations`: `{reservation_id, start_time, end_time, status: confirmed|active, spot_number,
    plate_hash}`. `plate_hash` is base64url of the first 16 bytes of HMAC-SHA-256 by the salt of the plate's letters and
    digits in upper case.
    """
    listed = await does.get_gate_list(GetGateList(asker, parking_lot_id))
    # Weak: two lists that say the same were signed at different times.
    headers = {"ETag": f'W/"{listed.tag}"', "Cache-Control": "private, no-store", "Vary": "Authorization"}
    if _has(if_none_match, listed.tag):
        return Response(status_code=NOT_MODIFIED, headers=headers)
    return Response(listed.text, media_type=JOSE, headers=headers)


def _has(if_none_match: str | None, tag: str) -> bool:
    """Whether the client's list is this one, by the weak comparison (RFC 9110, 13.1.2)."""
    given = (if_none_match or "").split(",")
    return any(each.strip().removeprefix("W/") in {f'"{tag}"', "*"} for each in given)
