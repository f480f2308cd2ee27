"""The words of the WebSocket: what clients may send, and what they are sent."""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from notification_service.domain.rooms import RoomEvent
from parking_chassis.error_words import pattern, rule_of

MOST_CHARACTERS = 4_096


class Malformed(Exception):
    """The client sent something that is none of its words."""


EVENT_ID = pattern("^[0-9]{1,18}$", "must be the id of an event, such as 17")


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Subscribe(_Message):
    """Listen to a room; with `after`, from the event that follows that id."""

    type: Literal["subscribe"]
    room: Annotated[str, Field(max_length=80)]
    after: Annotated[str, Field(pattern=EVENT_ID)] | None = None


class Unsubscribe(_Message):
    """Listen no more."""

    type: Literal["unsubscribe"]
    room: Annotated[str, Field(max_length=80)]


class Ping(_Message):
    """Is anybody there?"""

    type: Literal["ping"]


Message = Subscribe | Unsubscribe | Ping
MESSAGES: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])

PONG = '{"type":"pong"}'


def parsed(text: str | None) -> Message:
    """What a client sent. Raises `Malformed`; a message of bytes has no text."""
    if text is None:
        raise Malformed("messages are text")
    try:
        return MESSAGES.validate_json(text)
    except ValidationError as error:
        raise Malformed("; ".join(_sentence(each) for each in error.errors())) from error


def _sentence(error: ErrorDetails) -> str:
    # Before the field pydantic names the kind of message.
    return f"{'/'.join(map(str, error['loc'][1:])) or 'message'}: {rule_of(error)}"


def event_text(event: RoomEvent) -> str:
    """An event, written once for all who listen. Its data is JSON already."""
    return f'{{"type":"event","room":"{event.room}","id":"{event.id}","event":"{event.event}","data":{event.data}}}'


def subscribed_text(room: str, position: int, *, is_whole: bool) -> str:
    """From which id on a client gets everything; `resumed` is false where it has missed what is not kept any more."""
    return json.dumps({"type": "subscribed", "room": room, "id": str(position), "data": {"resumed": is_whole}})


def unsubscribed_text(room: str) -> str:
    """A client gets no more of a room."""
    return json.dumps({"type": "unsubscribed", "room": room})


def error_text(code: str, detail: str, room: str | None = None) -> str:
    """Why something was not done; the socket stays open."""
    about = {"room": room} if room else {}
    return json.dumps({"type": "error", **about, "data": {"code": code, "detail": detail}})
