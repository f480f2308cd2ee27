"""The HTTP side: the messages as JSON for tests, and as a page for people."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response, status
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from mail_catcher.mailbox import Mailbox
from mail_catcher.message import Message
from mail_catcher.page import CONTENT_SECURITY_POLICY, render_list, render_message
from mail_catcher.smtp import smtp_server
from parking_platform.own_origin import OwnOriginOnly

router = APIRouter()


class AttachmentAnswer(BaseModel):
    """An attachment without its content, which `GET /messages/{id}/attachments/{number}` has."""

    filename: str
    content_type: str
    size: int


class MessageAnswer(BaseModel):
    """A caught message; `to` is the envelope's, and `at` is in UTC."""

    model_config = ConfigDict(serialize_by_alias=True)

    id: str
    sender: Annotated[str, Field(serialization_alias="from")]
    to: list[str]
    subject: str
    at: str
    text: str
    html: str
    attachments: list[AttachmentAnswer]


def create_app(mailbox: Mailbox, host: str, smtp_port: int) -> FastAPI:
    """The whole program: its SMTP server lives as long as the app."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with smtp_server(mailbox, host, smtp_port):
            yield

    app = FastAPI(title="Mail catcher", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.mailbox = mailbox
    app.include_router(router)
    app.add_middleware(OwnOriginOnly, paths=["/"])
    return app


def _mailbox(request: Request) -> Mailbox:
    return request.app.state.mailbox


CaughtMail = Annotated[Mailbox, Depends(_mailbox)]


def _message(message_id: str, mailbox: CaughtMail) -> Message:
    message = mailbox.get(message_id)
    if message is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such message.")
    return message


OneMessage = Annotated[Message, Depends(_message)]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether it serves."""
    return {"status": "ok"}


@router.get("/messages")
async def messages(mailbox: CaughtMail, to: str | None = None) -> list[MessageAnswer]:
    """All messages, newest first; with `to` only those to that address."""
    return [_answer(message) for message in mailbox.newest_first(to)]


@router.delete("/messages", status_code=status.HTTP_204_NO_CONTENT)
async def clear(mailbox: CaughtMail) -> None:
    """Delete all messages."""
    mailbox.clear()


@router.get("/messages/{message_id}")
async def message(message: OneMessage) -> MessageAnswer:
    """One message."""
    return _answer(message)


@router.get("/messages/{message_id}/raw")
async def raw(message: OneMessage) -> Response:
    """One message as it came, with its envelope in front."""
    return Response(message.raw, media_type="text/plain")


@router.get("/messages/{message_id}/attachments/{number}")
async def attachment(message: OneMessage, number: int) -> Response:
    """One attachment's content, counted from 0; always a download, for it may be a stranger's HTML."""
    if not 0 <= number < len(message.attachments):
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such attachment.")
    found = message.attachments[number]
    return Response(found.content, media_type=found.content_type, headers={"Content-Disposition": "attachment"})


@router.get("/", include_in_schema=False)
async def list_page(mailbox: CaughtMail) -> HTMLResponse:
    """The list for people."""
    return _page(render_list(mailbox.newest_first()))


@router.get("/view/{message_id}", include_in_schema=False)
async def message_page(message: OneMessage) -> HTMLResponse:
    """One message for people."""
    return _page(render_message(message))


def _page(html: str) -> HTMLResponse:
    return HTMLResponse(html, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})


def _answer(message: Message) -> MessageAnswer:
    return MessageAnswer(
        id=message.id,
        sender=message.sender,
        to=list(message.recipients),
        subject=message.subject,
        at=message.caught_at.isoformat(),
        text=message.text,
        html=message.html,
        attachments=[
            AttachmentAnswer(filename=each.filename, content_type=each.content_type, size=len(each.content))
            for each in message.attachments
        ],
    )
