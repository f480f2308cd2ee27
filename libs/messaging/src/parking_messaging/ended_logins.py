"""The consumer group `<service>.logins`: which logins ended, for a service that checks access tokens.

It is the same in all of them, so it is here: chassis has the table and knows no wire contract, a service's `bootstrap`
puts the two together.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from parking_events import LoginState, SessionReuseDetectedV1, SessionRevokedV1
from parking_messaging.handlers import Delivery, Handlers

BATCH: Final = 500

type Ended = tuple[UUID, datetime | None]
"""A login's id and when it ended, where the event says that."""

type NoteEnded[Tx] = Callable[[Tx, Sequence[Ended]], Awaitable[None]]
"""Writes logins that ended, in the handler's transaction; a repeat must change nothing."""


def login_handlers[Tx](note: NoteEnded[Tx]) -> Handlers[Tx]:
    """Takes the ends of logins from `auth.session.v1`, several at a time; an end is final, so versions play no part."""

    async def ended(deliveries: Sequence[Delivery], tx: Tx) -> None:
        logins: Sequence[LoginState] = [delivery.event for delivery in deliveries]
        await note(tx, [(login.login_id, login.revoked_at) for login in logins])

    handlers = Handlers[Tx]()
    handlers.state_copy_batch(SessionRevokedV1, ended, batch_size=BATCH)
    handlers.state_copy_batch(SessionReuseDetectedV1, ended, batch_size=BATCH)
    return handlers
