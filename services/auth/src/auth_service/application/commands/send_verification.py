"""Send a mail to verify an address, unless it got too many."""

from dataclasses import dataclass, field
from datetime import datetime

from auth_service.application.ports import Secrets, Work
from auth_service.domain.attempts import VERIFICATION_MAILS
from auth_service.domain.mails import MailKind
from auth_service.domain.users import normalised_email


@dataclass(frozen=True, slots=True)
class SendVerification:
    """The newest account of an address that is not verified is to get the link."""

    email: str = field(repr=False)
    at: datetime


async def send_verification(work: Work, secrets: Secrets, command: SendVerification) -> None:
    """Queue the mail in the caller's transaction; counted for each address, for all its accounts and all who ask.

    It is the one mail that goes to an address of which nobody has shown that it is theirs.
    """
    key = secrets.hash(f"verification mails to {normalised_email(command.email)}")
    sent = (await work.attempts.open(key, command.at)).as_of(VERIFICATION_MAILS, command.at)
    if not sent.wait(command.at):
        await work.attempts.store(key, sent.one_more(VERIFICATION_MAILS, command.at))
        await work.mails.queue_to_address(command.email, MailKind.VERIFY_EMAIL, command.at)
