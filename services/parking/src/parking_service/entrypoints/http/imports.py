"""Imports of lots from files."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field
from pydantic_core import from_json

from parking_chassis.api_document import carries, may_answer
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
from parking_service.entrypoints.http.import_options import Options, said
from parking_service.entrypoints.http.lot_file import CSV, features_of
from parking_service.entrypoints.http.problems import FILE_TOO_LARGE, ORGANIZATION_NOT_READY, UNSUPPORTED_FILE
from parking_service.entrypoints.http.supply import PREVIEWED, Preview, preview_response

router = APIRouter(prefix="/api/v1", tags=["imports"])

ACCEPTED = 202
MAX_BYTES = 20 * 1024 * 1024
MAX_REFUSED = 1_000
MAX_ROW = 2**31 - 1
LIMITS = ("maxstay", "fee", "charge", "opening_hours", "access", "purpose", "type", "restrict", "maximum", "maxheight")
UNDERSTOOD = ("application/geo+json", "application/json", CSV)
FEATURES: dict[str, Any] = {
    "type": "object",
    "description": "A GeoJSON FeatureCollection (RFC 7946)",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": {}},
    },
}
ELEMENTS: dict[str, Any] = {
    "type": "object",
    "description": "What Overpass answers (`[out:json]`): elements with tags of OpenStreetMap",
    "required": ["elements"],
    "properties": {"elements": {"type": "array", "items": {}}},
}
LOTS: dict[str, Any] = {
    "type": "object",
    "description": "What ParkAPI answers for a city (version 1)",
    "required": ["lots"],
    "properties": {"lots": {"type": "array", "items": {}}},
}
TABLE: dict[str, Any] = {
    "type": "string",
    "description": "A header and a line for each lot, in UTF-8 or Windows-1252, separated by `;`, `,`, tabs or `|`; the"
    " place as degrees (with a decimal point or comma) in two columns, or as WKT",
}
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/geo+json": {"schema": FEATURES},
            "application/json": {"schema": {"anyOf": [FEATURES, ELEMENTS, LOTS]}},
            CSV: {"schema": TABLE},
        },
    }
}


class Accepted(ResponseBody):
    """Where to ask how far the import is: `/imports/{import_id}`."""

    import_id: UUID


class RefusedRowAnswer(ResponseBody):
    """A feature that did not become a lot: its place in the file counted from 1, its id, and why."""

    row: Annotated[int, Field(description="of a table without its header, of Overpass among the elements with tags")]
    id: str | None
    reason: str


class RowWarningAnswer(ResponseBody):
    """A feature that became a lot and looks like a mistake: its place in the file counted from 1, its id, and why."""

    row: int
    id: str | None
    reason: str


class ImportAnswer(JobAnswer):
    """How far an import is. What is neither created, updated, unchanged nor refused still waits."""

    source: Annotated[str, Field(description="where the file is from, as was said")]
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
    warnings_total: Annotated[int, Field(description="of how many rows there are warnings so far")]
    warnings: Annotated[
        list[RowWarningAnswer],
        Field(description="up to 1 000 of them, in the file's order: these rows became lots all the same"),
    ]
    next_warnings: Annotated[str | None, Field(description="the address of the warnings that follow")]
    not_honoured: Annotated[
        dict[str, int],
        Field(
            description="what rows that became lots say and lots do not, by name, and in how many rows: such as"
            " `maxstay`, `fee` or `opening_hours PH` (on public holidays)"
        ),
    ]


@router.post(
    "/parking-lots/import", status_code=ACCEPTED, response_model=Accepted, responses=PREVIEWED, openapi_extra=FILE_BODY
)
@may_answer(NOT_FOUND, ORGANIZATION_NOT_READY, FILE_TOO_LARGE, UNSUPPORTED_FILE)
@carries("Location")
async def start_import(
    request: Request,
    does: Does,
    operator: Operator,
    key_of: KeyOf,
    options: Options,
    organization_id: UUID | None = None,
    affected: Annotated[
        AffectedPolicy | None,
        Query(description="what becomes of bookings in the way of what is smaller; without it their rows are refused"),
    ] = None,
    *,
    preview: Preview = False,
) -> Response:
    """Import lots with numbered spots from a file of up to 20 MiB; the same file again changes nothing.

    GeoJSON, Overpass' and ParkAPI's JSON and CSV are understood. A feature of any shape that makes no lot is refused as
    a row, with its reason, and costs no other. Lots without prices, in the file or as `hourly_rate`, arrive as `draft`
    and are not on sale until `PUT /parking-lots/{id}/tariff`; `GET /parking-lots/drafts` lists them.
    """
    media_type = _media_type(request)
    features, file = await asyncio.to_thread(_features_and_digest, await _body(request), media_type)
    if preview:
        look = PreviewImport(operator, organization_id, features, options)
        return preview_response(await does.preview_import(look))
    # The file byte by byte, and the options. One that was not given does not count: an older version did not know it.
    given = (options.time_zone, options.currency, file, *([affected.value] if affected else []), *said(options))
    key = key_of(sha256(repr((str(organization_id), *given)).encode()).digest())
    command = StartImport(operator, organization_id, features, options, affected, key)
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
    warnings_after: Annotated[int, Query(ge=0, le=MAX_ROW, description="the warnings behind this row of the file")] = 0,
) -> ImportAnswer:
    """How far an import of one's own organizations is, which rows were refused, and which look like mistakes."""
    report = await does.get_import(GetImport(operator, import_id, refused_after, warnings_after, MAX_REFUSED + 1))
    state, refused, warnings = report.state, report.refused[:MAX_REFUSED], report.warnings[:MAX_REFUSED]
    following = following_warnings = None
    if len(report.refused) > MAX_REFUSED:
        following = address_with(request, refused_after=refused[-1].row)
        response.headers["Link"] = f'<{following}>; rel="next"'
    if len(report.warnings) > MAX_REFUSED:
        following_warnings = address_with(request, warnings_after=warnings[-1].row)
    return ImportAnswer(
        id=state.id,
        status=state.status.value,
        total=state.total,
        done=state.done,
        started_at=state.started_at,
        ended_at=state.ended_at,
        failure=state.failure,
        source=state.source,
        created=state.created,
        updated=state.updated,
        unchanged=state.unchanged,
        affected=state.affected,
        supply_changes=list(report.supply_changes),
        refused_total=state.refused,
        refused=[RefusedRowAnswer(row=each.row, id=each.source_id, reason=each.reason) for each in refused],
        next=following,
        warnings_total=state.warned,
        warnings=[RowWarningAnswer(row=each.row, id=each.source_id, reason=each.reason) for each in warnings],
        next_warnings=following_warnings,
        not_honoured=_limits_first(state.not_honoured),
    )


def _limits_first(counts: Mapping[str, int]) -> dict[str, int]:
    """What says who may park, when and for how long stands before everything else; then the most frequent."""
    return dict(sorted(counts.items(), key=lambda each: (not each[0].startswith(LIMITS), -each[1], each[0])))


def _media_type(request: Request) -> str:
    named = request.headers.get("content-type", UNDERSTOOD[0]).partition(";")[0].strip().lower()
    if named not in UNDERSTOOD:
        raise Problem(UNSUPPORTED_FILE, f"{named} is not understood; send a file as {' or '.join(UNDERSTOOD)}.")
    return named


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise Problem(FILE_TOO_LARGE, f"A file may have {MAX_BYTES} bytes at most.")
    return bytes(body)


def _features_and_digest(body: bytes, media_type: str) -> tuple[Sequence[Mapping[str, object]], str]:
    return features_of(body, media_type), sha256(body).hexdigest()
