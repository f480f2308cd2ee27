"""A ticket: a secret that opens one WebSocket, once, where no header can be set."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notification_service.domain.rooms import Visitor

LIFETIME = timedelta(seconds=30)
"""It may stand in a URL, where a token may not: what is read there later opens nothing any more."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Whom it lets in, until when. Only a hash of its secret is stored."""

    secret_hash: bytes = field(repr=False)
    visitor: Visitor
    expires_at: datetime


def hash_of(secret: str) -> bytes:
    """SHA-256. It needs no salt: nobody can guess 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
