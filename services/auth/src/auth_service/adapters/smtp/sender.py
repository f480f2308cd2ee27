"""Auth's own mails through SMTP."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, make_msgid
from urllib.parse import urlencode

import aiosmtplib
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from auth_service.application.ports import Letter, MailUnsent
from auth_service.domain.mails import MailKind

TIMEOUT_SECONDS = 10.0

SUBJECTS = {
    MailKind.VERIFY_EMAIL: "Confirm your e-mail address",
    MailKind.ALREADY_REGISTERED: "You already have an account",
}
PATHS = {
    MailKind.VERIFY_EMAIL: "/verify-email",
    MailKind.ALREADY_REGISTERED: "/sign-in",
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
        """Hand a mail over. Raises `MailUnsent` when the server is away or refuses it."""
        try:
            await aiosmtplib.send(
                self._message(letter),
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                use_tls=self.use_tls,
                timeout=TIMEOUT_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnsent(f"{type(error).__name__}: {error}") from error

    def _message(self, letter: Letter) -> EmailMessage:
        query = f"?{urlencode({'token': letter.secret})}" if letter.secret else ""
        content = {
            "full_name": letter.full_name,
            "link": f"{self.public_url}{PATHS[letter.kind]}{query}",
            "subject": SUBJECTS[letter.kind],
        }
        message = EmailMessage()
        message["Subject"] = SUBJECTS[letter.kind]
        message["From"] = self.sender
        message["To"] = formataddr((letter.full_name, letter.email))
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2].rstrip(">"))
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(templates.get_template(f"{letter.kind.value}.txt").render(content))
        message.add_alternative(templates.get_template(f"{letter.kind.value}.html").render(content), subtype="html")
        return message
