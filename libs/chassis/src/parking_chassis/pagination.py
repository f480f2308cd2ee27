"""Lists: `{"items": […], "next": <url or null>}` and `Link: rel="next"`, paged by an opaque cursor."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, TypeAdapter

from parking_chassis.instants import Instant, of_this_age
from parking_chassis.problems import Problem, invalid_field
from parking_chassis.schemas import unstorable
from parking_kernel.pages import Position

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
POSITION: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="how many at most")]
Cursor = Annotated[str | None, Query(description="from the `next` of the page before; opaque")]

type Span = tuple[datetime | None, datetime | None]
"""From an instant on, and before another; where one is missing, the list is not bounded there."""


async def _span(
    since: Annotated[
        Instant | None,
        Query(alias="from", description="the first instant, with an offset; without it, all before `to`"),
    ] = None,
    until: Annotated[
        Instant | None,
        Query(alias="to", description="the first instant after, with an offset; without it, all from `from` on"),
    ] = None,
) -> Span:
    if since is not None and until is not None and until <= since:
        raise invalid_field("query/to", "must be after `from`")
    return since, until


FromTo = Annotated[Span, Depends(_span)]


class Page[Item: BaseModel](BaseModel):
    """One page of a list; `next` is the address of the following one."""

    items: Sequence[Item]
    next: str | None = None


def encode_cursor(*position: str) -> str:
    """An opaque cursor for the position of a page's last item."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, length: int) -> tuple[str, ...] | None:
    """The position in a cursor. Raises a 422 problem when it is not one of ours."""
    if cursor is None:
        return None
    try:
        position = POSITION.validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    if len(position) != length or any(map(unstorable, position)):
        raise _bad_cursor()
    return position


def text_in_cursor(cursor: str | None) -> str | None:
    """The last text of the page before, in a list by texts. Raises a 422 problem when the cursor holds none."""
    position = decode_cursor(cursor, length=1)
    return position[0] if position else None


def id_in_cursor(cursor: str | None) -> UUID | None:
    """The last id of the page before, in a list that goes by ids. Raises a 422 problem when the cursor holds none."""
    position = decode_cursor(cursor, length=1)
    try:
        return UUID(position[0]) if position else None
    except ValueError as error:
        raise _bad_cursor() from error


def cursor_of(position: Position) -> str:
    """A cursor for an instant and an id, in a list that goes by both."""
    at, last_id = position
    return encode_cursor(at.isoformat(), str(last_id))


def position_in_cursor(cursor: str | None) -> Position | None:
    """The instant and the id of the last item of the page before. Raises a 422 problem when the cursor holds none."""
    position = decode_cursor(cursor, length=2)
    try:
        return (of_this_age(datetime.fromisoformat(position[0])), UUID(position[1])) if position else None
    except ValueError as error:
        raise _bad_cursor() from error


def _bad_cursor() -> Problem:
    return invalid_field("query/cursor", "must be the cursor of a page's `next`")


def address_with(request: Request, **parameters: object) -> str:
    """The relative address of a request with these parameters in place of its own.

    `URL.include_query_params` gives the same and takes a twentieth of a search for it.
    """
    kept = [each for each in request.query_params.multi_items() if each[0] not in parameters]
    return f"{request.scope['path']}?{urlencode([*kept, *parameters.items()])}"


def next_page(request: Request, response: Response, cursor: str | None) -> str | None:
    """The relative address of the next page, which also goes into `Link`; nothing when there is none."""
    if cursor is None:
        return None
    address = address_with(request, cursor=cursor)
    response.headers["Link"] = f'<{address}>; rel="next"'
    return address
