"""Imports of lots from files."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from pydantic_core import from_json

from parking_chassis.api_document import may_answer
from parking_chassis.idempotency import KeyOf, response_of
from parking_chassis.jobs import JobAnswer
from parking_chassis.pagination import address_with
from parking_chassis.problems import NOT_FOUND, Problem
from parking_chassis.schemas import ResponseBody
from parking_kernel.repeatable import Answer
from parking_service.application.commands.start_import import StartImport
from parking_service.application.queries.get_import import GetImport
from parking_service.application.queries.preview_import import PreviewImport
from parking_service.domain.imports import ImportState
from parking_service.domain.values import AffectedPolicy
from parking_service.entrypoints.http.dependencies import Does, Operator
from parking_service.entrypoints.http.lot_file import features_of
from parking_service.entrypoints.http.problems import FILE_TOO_LARGE, ORGANIZATION_NOT_READY, UNSUPPORTED_FILE
from parking_service.entrypoints.http.supply import PREVIEWED, Preview, preview_response
from parking_service.entrypoints.http.values import Currency, ZoneName

router = APIRouter(prefix="/api/v1", tags=["imports"])

ACCEPTED = 202
MAX_BYTES = 20 * 1024 * 1024
MAX_REFUSED = 1_000
MAX_ROW = 2**31 - 1
UNDERSTOOD = ("application/geo+json", "application/json")
FILE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A GeoJSON FeatureCollection (RFC 7946)",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": {}},
    },
}
FILE_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {media_type: {"schema": FILE_SCHEMA} for media_type in UNDERSTOOD}}
}


class Accepted(ResponseBody):
    """Where to ask how far the import is: `/imports/{import_id}`."""

    import_id: UUID


class RefusedRowAnswer(ResponseBody):
    """A feature that did not become a lot: its place in the file counted from 1, its id, and why."""

    row: int
    id: str | None
    reason: str


class ImportAnswer(JobAnswer):
    """How far an import is. What is neither created, updated, unchanged nor refused still waits."""

    created: int
    updated: int
    unchanged: int
    affected: Annotated[AffectedPolicy | None, Field(description="what becomes of bookings in the way, as was asked")]
    supply_changes: Annotated[
        list[UUID], Field(description="the changes that took supply away, one for each lot; up to 1 000 of them")
    ]
    refused_total: Annotated[int, Field(description="how many rows were refused so far")]
    refused: Annotated[list[RefusedRowAnswer], Field(description="up to 1 000 of them, in the file's order")]
    next: Annotated[str | None, Field(description="the address of the refused rows that follow")]


@router.post(
    "/parking-lots/import", status_code=ACCEPTED, response_model=Accepted, responses=PREVIEWED, openapi_extra=FILE_BODY
)
@may_answer(NOT_FOUND, ORGANIZATION_NOT_READY, FILE_TOO_LARGE, UNSUPPORTED_FILE)
async def start_import(
    request: Request,
    does: Does,
    operator: Operator,
    key_of: KeyOf,
    organization_id: UUID | None = None,
    time_zone: Annotated[ZoneName | None, Query(description="of lots whose source names none")] = None,
    currency: Annotated[Currency | None, Query(description="of lots whose source names none")] = None,
    affected: Annotated[
        AffectedPolicy | None,
        Query(description="what becomes of bookings in the way of what is smaller; without it their rows are refused"),
    ] = None,
    *,
    preview: Preview = False,
) -> Response:
    """Import lots with numbered spots and tariffs from GeoJSON, up to 20 MiB; the same file again changes nothing.

    A feature of any shape that makes no lot is refused as a row, with its reason, and costs no other.
    """
    _check_media_type(request)
    features, file = await asyncio.to_thread(_features_and_digest, await _body(request))
    if preview:
        look = PreviewImport(operator, organization_id, features, time_zone, currency)
        return preview_response(await does.preview_import(look))
    # The file byte by byte, and the options. One that was not given does not count: an older version did not know it.
    options = (time_zone, currency, file, *([affected.value] if affected else []))
    key = key_of(sha256(repr((str(organization_id), *options)).encode()).digest())
    command = StartImport(operator, organization_id, features, time_zone, currency, affected, key)
    answer = await does.start_import(command, _started_import)
    return response_of(answer, {"Location": f"/api/v1/imports/{from_json(answer.body)['import_id']}"})


def _started_import(state: ImportState) -> Answer:
    """An import that has begun."""
    return Answer(ACCEPTED, Accepted(import_id=state.id).model_dump_json().encode())


@router.get("/imports/{import_id}")
@may_answer(NOT_FOUND)
async def get_import(
    request: Request,
    response: Response,
    import_id: UUID,
    does: Does,
    operator: Operator,
    refused_after: Annotated[
        int, Query(ge=0, le=MAX_ROW, description="the refused rows behind this row of the file")
    ] = 0,
) -> ImportAnswer:
    """How far an import of one's own organizations is, and which rows were refused."""
    state, refused, supply_changes = await does.get_import(
        GetImport(operator, import_id, refused_after, MAX_REFUSED + 1)
    )
    following = None
    if len(refused) > MAX_REFUSED:
        refused = refused[:MAX_REFUSED]
        following = address_with(request, refused_after=refused[-1].row)
        response.headers["Link"] = f'<{following}>; rel="next"'
    return ImportAnswer(
        id=state.id,
        status=state.status.value,
        total=state.total,
        done=state.done,
        started_at=state.started_at,
        ended_at=state.ended_at,
        failure=state.failure,
        created=state.created,
        updated=state.updated,
        unchanged=state.unchanged,
        affected=state.affected,
        supply_changes=list(supply_changes),
        refused_total=state.refused,
        refused=[RefusedRowAnswer(row=each.row, id=each.source_id, reason=each.reason) for each in refused],
        next=following,
    )


def _check_media_type(request: Request) -> None:
    named = request.headers.get("content-type", UNDERSTOOD[0]).partition(";")[0].strip().lower()
    if named not in UNDERSTOOD:
        raise Problem(UNSUPPORTED_FILE, f"{named} is not understood; send GeoJSON as {' or '.join(UNDERSTOOD)}.")


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise Problem(FILE_TOO_LARGE, f"A file may have {MAX_BYTES} bytes at most.")
    return bytes(body)


def _features_and_digest(body: bytes) -> tuple[Sequence[Mapping[str, object]], str]:
    return features_of(body), sha256(body).hexdigest()
