"""The mails that auth sends itself: their tokens and addresses must stand in no event (decision 0021)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from parking_kernel.pauses import GrowingPause

PAUSE = GrowingPause(timedelta(seconds=5), timedelta(minutes=30))
"""How long to wait before a mail that failed is tried again."""
MAX_ATTEMPTS = 100  # two days of pauses: a user who waits for the mail has asked again long before
REPEAT_AFTER = timedelta(hours=1)
STORED_WHEN_SENT = timedelta(days=7)


class MailKind(StrEnum):
    """Why a mail is sent."""

    VERIFY_EMAIL = "verify_email"
    ALREADY_REGISTERED = "already_registered"
    SIGN_INS_FAILED = "sign_ins_failed"


class TokenPurpose(StrEnum):
    """What the token of a mail's link is good for."""

    VERIFY_EMAIL = "verify_email"


TOKEN_LIFETIME = {TokenPurpose.VERIFY_EMAIL: timedelta(hours=48)}
TOKEN_OF_MAIL = {MailKind.VERIFY_EMAIL: TokenPurpose.VERIFY_EMAIL}


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail to be sent; `attempts` counts the ones that failed."""

    id: UUID
    user_id: UUID
    kind: MailKind
    attempts: int


@dataclass(frozen=True, slots=True)
class MailToken:
    """The token of a link, of which only a hash is stored."""

    secret_hash: bytes
    user_id: UUID
    purpose: TokenPurpose
    expires_at: datetime
