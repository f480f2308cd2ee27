"""One caught message, as the API shows it and as its file holds it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from typing import cast


@dataclass(frozen=True)
class Attachment:
    """A file that came with a message. `content` is its decoded bytes."""

    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Message:
    """A message with its envelope: `recipients` also names those in Bcc. `caught_at` is in UTC."""

    id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    caught_at: datetime
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    raw: bytes


def file_name(caught_at: datetime, distinction: str) -> str:
    """A message's id, which is also its file's name: it sorts by time."""
    return f"{int(caught_at.timestamp() * 1_000_000):017d}-{distinction}"


def with_envelope(sender: str, recipients: tuple[str, ...], content: bytes) -> bytes:
    """The message with its envelope in front, in the header lines that mail servers use for that."""
    lines = [f"Return-Path: <{sender}>", *(f"Delivered-To: {recipient}" for recipient in recipients)]
    return "".join(f"{line}\r\n" for line in lines).encode() + content


def parse(message_id: str, raw: bytes) -> Message:
    """Read a message from its file's content."""
    mail = cast("EmailMessage", message_from_bytes(raw, policy=policy.default))
    microseconds = int(message_id.partition("-")[0])
    return Message(
        id=message_id,
        sender=str(mail.get("From") or mail.get("Return-Path", "")),
        recipients=tuple(str(recipient) for recipient in mail.get_all("Delivered-To", [])),
        subject=str(mail.get("Subject", "")),
        caught_at=datetime.fromtimestamp(microseconds / 1_000_000, UTC),
        text=_body(mail, "plain"),
        html=_body(mail, "html"),
        attachments=tuple(_attachment(part) for part in mail.iter_attachments()),
        raw=raw,
    )


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    content = part.get_payload(decode=True) if part else None
    if part is None or not isinstance(content, bytes):
        return ""
    # A message may claim an encoding that does not exist; it must still be shown.
    return content.decode(_known_charset(part), "replace")


def _known_charset(part: MIMEPart) -> str:
    charset = part.get_content_charset("utf-8")
    try:
        b"".decode(charset)
    except LookupError:
        return "utf-8"
    return charset


def _attachment(part: EmailMessage) -> Attachment:
    content = part.get_payload(decode=True)
    return Attachment(
        filename=part.get_filename("unnamed"),
        content_type=part.get_content_type(),
        content=content if isinstance(content, bytes) else b"",
    )
