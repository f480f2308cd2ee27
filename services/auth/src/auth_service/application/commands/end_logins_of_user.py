"""End all logins of a user within a change that takes something away from them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from auth_service.application.ports import Work
from auth_service.domain.logins import EndReason

_BATCH = 500


@dataclass(frozen=True, slots=True)
class EndLoginsOfUser:
    """What a user's tokens say is no longer so: none of them may be accepted any longer, anywhere."""

    user_id: UUID
    reason: EndReason
    at: datetime


async def end_logins_of_user(work: Work, command: EndLoginsOfUser) -> None:
    """End every open login, in the caller's transaction.

    A batch at a time, since somebody may have signed in thousands of times; a caller that takes rights away has locked
    the user, so no new login comes in between.
    """
    while True:
        logins = await work.logins.open_of_user(command.user_id, _BATCH)
        for login in logins:
            login.end(command.reason, command.at)
        await work.logins.save(*logins)
        if len(logins) < _BATCH:
            return
