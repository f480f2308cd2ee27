"""Send a mail to verify an address, unless it got too many."""

from dataclasses import dataclass, field
from datetime import datetime

from auth_service.application.ports import Secrets, Work
from auth_service.domain.attempts import VERIFICATION_MAILS, VERIFICATION_MAILS_AT_ALL, Attempts
from auth_service.domain.mails import MailKind
from auth_service.domain.users import normalised_email


@dataclass(frozen=True, slots=True)
class SendVerification:
    """The newest account of an address that is not verified is to get the link."""

    email: str = field(repr=False)
    network_address: str | None = field(repr=False)
    at: datetime


async def send_verification(work: Work, secrets: Secrets, command: SendVerification) -> None:
    """Queue the mail in the caller's transaction; counted for each mail address, for all its accounts.

    What one network address has asked for does not count for another, so that a stranger leaves some to the owner; what
    all have asked for has a limit of its own, so that many together cannot flood a mailbox. It is the one mail that
    goes to an address of which nobody has shown that it is theirs.
    """
    recipient = f"verification mails to {normalised_email(command.email)}"
    limits = (
        (f"{recipient} from {command.network_address or 'nowhere'}", VERIFICATION_MAILS),
        (recipient, VERIFICATION_MAILS_AT_ALL),
    )
    counted: list[tuple[bytes, Attempts]] = []
    for name, limit in limits:
        key = secrets.hash(name)
        sent = (await work.attempts.open(key, command.at)).as_of(limit, command.at)
        if sent.wait(command.at):
            return
        counted.append((key, sent.one_more(limit, command.at)))
    for key, attempts in counted:
        await work.attempts.store(key, attempts)
    await work.mails.queue_to_address(command.email, MailKind.VERIFY_EMAIL, command.at)
