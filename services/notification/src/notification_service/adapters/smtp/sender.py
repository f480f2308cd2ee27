"""Notifications as mails through SMTP."""

import asyncio
import email
import time
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime
from zoneinfo import ZoneInfo

import aiosmtplib
import idna
import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from notification_service.application.ports import Contact, Letter, MailPutOff, MailRefused, MailServerAway
from notification_service.domain.notifications import TITLES, NotificationState
from parking_chassis.logs import milliseconds_since

log = structlog.stdlib.get_logger(__name__)

TIMEOUT_SECONDS = 10.0
PERMANENT = 500
LONGEST_PLAIN = 60  # characters of a subject: with its name they fit on a line of 78

templates = Environment(
    loader=PackageLoader("notification_service.adapters.smtp"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class SmtpMailSender:
    """See `notification_service.application.ports.MailSender`."""

    host: str
    port: int
    sender: str
    public_url: str
    username: str | None = None
    password: str | None = None
    use_tls: bool = False

    async def send(self, letter: Letter) -> None:
        """Hand a mail over. Raises `MailServerAway`, `MailPutOff` and `MailRefused`."""
        try:
            recipient = _address(letter.contact)
        except ValueError as error:
            raise MailRefused("the address cannot be written") from error
        message, began, kind = self.message(letter, recipient), time.perf_counter(), letter.notification.kind.value
        try:
            # One limit for all steps together: the library's own holds for each.
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await aiosmtplib.send(
                    message,
                    recipients=[recipient.addr_spec],
                    hostname=self.host,
                    port=self.port,
                    username=self.username,
                    password=self.password,
                    use_tls=self.use_tls,
                    timeout=TIMEOUT_SECONDS,
                )
        except (aiosmtplib.SMTPException, OSError) as error:
            # Not the message: servers like to repeat the address in it.
            log.warning("mail_unsent", kind=kind, outcome="failed", error=type(error).__name__)
            raise meaning(error) from error
        log.info("mail_sent", kind=kind, outcome="sent", duration_ms=milliseconds_since(began))

    def message(self, letter: Letter, recipient: Address) -> EmailMessage:
        """The mail, in text and HTML."""
        notification = letter.notification
        title = TITLES[notification.kind]
        content = {"title": title, **_content(letter), "link": self._link(notification)}
        domain = self.sender.rpartition("@")[2].rstrip(">")
        message = _with_subject(f"{title}: {_one_line(letter.lot.name)}")
        message["From"] = self.sender
        message["To"] = recipient
        message["Date"] = localtime()
        message["Message-ID"] = f"<{letter.delivery_id}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        name = notification.kind.value
        message.set_content(templates.get_template(f"{name}.txt").render(content))
        message.add_alternative(templates.get_template(f"{name}.html").render(content), subtype="html")
        return message

    def _link(self, notification: NotificationState) -> str:
        return f"{self.public_url}/reservations/{notification.details.reservation_id}"


def _content(letter: Letter) -> dict[str, object]:
    details, zone = letter.notification.details, ZoneInfo(letter.lot.time_zone)
    return {
        "full_name": letter.contact.full_name,
        "lot": letter.lot,
        "spot_number": details.spot_number,
        "previous_spot_number": details.previous_spot_number,
        "is_of_operator": details.is_of_operator,
        "is_of_supply_change": details.is_of_supply_change,
        "is_of_full_refund": details.is_of_full_refund,
        "reason_in_words": letter.notification.reason_in_words,
        "held_until": _local(details.held_until, zone),
        "starts_at": _local(details.starts_at, zone),
        "ends_at": _local(details.ends_at, zone),
        "amount": str(details.amount),
        "has_amount": details.amount.amount > 0,
    }


def _local(instant: datetime | None, zone: ZoneInfo) -> str | None:
    """`Mon 2 March 2026, 08:00 CET`, on the lot's own clock."""
    if instant is None:
        return None
    local = instant.astimezone(zone)
    return f"{local:%a} {local.day} {local:%B %Y, %H:%M %Z}"


def _one_line(text: str) -> str:
    """A header must not be broken by a line end in a lot's name."""
    return " ".join(text.split())


def _with_subject(subject: str) -> EmailMessage:
    """A mail with nothing but its subject, from which every reader gets the same text.

    `EmailMessage` folds a subject of several words that are not ASCII with blanks too many or too few, so here the
    older `Header` folds it, which keeps the blanks among what is encoded. A message that was parsed keeps that.
    """
    is_plain = subject.isascii() and len(subject) <= LONGEST_PLAIN and "=?" not in subject
    header = Header(subject, None if is_plain else "utf-8", header_name="Subject")
    return email.message_from_string(f"Subject: {header.encode()}\n\n", policy=policy.default)


def _address(contact: Contact) -> Address:
    """The recipient, with the domain in its ASCII form, which every server takes."""
    name, _, domain = contact.email.rpartition("@")
    ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    return Address(_one_line(contact.full_name), name, ascii_domain)


def meaning(error: Exception) -> Exception:
    """Whether a mail may go later, whenever somebody is there again, or never."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=recipients):
            codes = [each.code for each in recipients]
            return MailRefused("5xx") if all(code >= PERMANENT for code in codes) else MailPutOff("4xx")
        case aiosmtplib.SMTPDataError(code=code) if code >= PERMANENT:
            return MailRefused("5xx")
        case aiosmtplib.SMTPConnectError() | aiosmtplib.SMTPServerDisconnected() | aiosmtplib.SMTPTimeoutError():
            return MailServerAway(type(error).__name__)
        case aiosmtplib.SMTPAuthenticationError() | aiosmtplib.SMTPSenderRefused():
            # Our own settings are wrong: a mail waits until an operator mends them.
            return MailServerAway(type(error).__name__)
        case aiosmtplib.SMTPResponseException():
            return MailPutOff("4xx")
        case _:
            return MailServerAway(type(error).__name__)
