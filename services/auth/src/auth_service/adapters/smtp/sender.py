"""Auth's own mails through SMTP."""

import asyncio
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import make_msgid
from urllib.parse import urlencode

import aiosmtplib
import idna
import structlog
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from auth_service.application.ports import Letter, MailUnsent, Registration
from auth_service.domain.mails import MailKind

log = structlog.stdlib.get_logger(__name__)

TIMEOUT_SECONDS = 10.0

SUBJECTS = {
    MailKind.VERIFY_EMAIL: "Confirm your e-mail address",
    MailKind.ALREADY_REGISTERED: "You already have an account",
    MailKind.SIGN_INS_FAILED: "Somebody tried to sign in to your account",
}
PATHS = {
    MailKind.VERIFY_EMAIL: "/verify-email",
    MailKind.ALREADY_REGISTERED: "/sign-in",
    MailKind.SIGN_INS_FAILED: "/sign-in",
}

templates = Environment(
    loader=PackageLoader("auth_service.adapters.smtp"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class SmtpMailSender:
    """See `auth_service.application.ports.MailSender`."""

    host: str
    port: int
    sender: str
    public_url: str
    username: str | None = None
    password: str | None = None
    use_tls: bool = False

    async def send(self, letter: Letter) -> None:
        """Hand a mail over. Raises `MailUnsent` when it cannot be written, or the server is away or refuses it."""
        try:
            recipient = _address(letter)
            # One limit for all steps together: the library's own holds for each.
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await aiosmtplib.send(
                    self._message(letter, recipient),
                    recipients=[recipient.addr_spec],
                    hostname=self.host,
                    port=self.port,
                    username=self.username,
                    password=self.password,
                    use_tls=self.use_tls,
                    timeout=TIMEOUT_SECONDS,
                )
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # Not the message: servers like to repeat the address in it.
            log.warning("mail_unsent", kind=letter.kind.value, error=type(error).__name__)
            raise MailUnsent(type(error).__name__) from error

    def _message(self, letter: Letter, recipient: Address) -> EmailMessage:
        content = {
            **self._account(letter, letter.kind),
            "others": [self._account(each, letter.kind) for each in letter.others],
            "subject": SUBJECTS[letter.kind],
        }
        message = EmailMessage()
        message["Subject"] = SUBJECTS[letter.kind]
        message["From"] = self.sender
        message["To"] = recipient
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2].rstrip(">"))
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(templates.get_template(f"{letter.kind.value}.txt").render(content))
        message.add_alternative(templates.get_template(f"{letter.kind.value}.html").render(content), subtype="html")
        return message

    def _account(self, account: Letter | Registration, kind: MailKind) -> dict[str, str | None]:
        query = f"?{urlencode({'token': account.secret})}" if account.secret else ""
        return {
            "full_name": account.full_name,
            "registered_at": f"{account.registered_at:%-d %B %Y, %H:%M} UTC",
            "registered_from": account.registered_from,
            "link": f"{self.public_url}{PATHS[kind]}{query}",
        }


def _address(letter: Letter) -> Address:
    """The recipient, with the domain in its ASCII form, which every server takes; unnamed where it is not sure who."""
    full_name = "" if letter.others else letter.full_name
    name, _, domain = letter.email.rpartition("@")
    return Address(full_name, name, domain if domain.isascii() else idna.encode(domain, uts46=True).decode())
