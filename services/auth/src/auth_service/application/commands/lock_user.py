"""Lock the user whom an administrator changes, as long as the administrator's own login stands."""

from dataclasses import dataclass
from uuid import UUID

from auth_service.application.ports import Work
from auth_service.domain.users import User
from parking_kernel.askers import Asker


@dataclass(frozen=True, slots=True)
class LockUser:
    """Someone with the permission is about to change a user."""

    asker: Asker
    user_id: UUID


async def lock_user(work: Work, command: LockUser) -> User:
    """The user to be changed. Raises `UnknownUser`, and `AskerSignedOut` where the asker's login has ended.

    The check that a request passed at the door is old once it had to wait: whatever took a right from the asker
    meanwhile may have held the lock that it waited for. So the asker is locked too, and their login is looked at
    afterwards. Both are locked in the order of their ids: of two administrators who suspend each other at once, one is
    suspended, and the other one signed out.
    """
    asker_id = command.asker.user_id if command.asker.login_id else None
    locked = {each: await work.users.get(each) for each in sorted({command.user_id, asker_id or command.user_id})}
    await work.askers_login.still_stands()
    return locked[command.user_id]
