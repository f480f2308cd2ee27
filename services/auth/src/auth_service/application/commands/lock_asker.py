"""Lock an administrator who is about to change something that is no user, as long as their own login stands."""

from dataclasses import dataclass

from auth_service.application.ports import Work
from parking_kernel.askers import Asker


@dataclass(frozen=True, slots=True)
class LockAsker:
    """Someone with the permission is about to change what the caller has locked."""

    asker: Asker


async def lock_asker(work: Work, command: LockAsker) -> None:
    """Raises `AskerSignedOut` where the asker's login has ended; see `lock_user`."""
    if command.asker.user_id and command.asker.login_id:
        await work.users.get(command.asker.user_id)
    await work.askers_login.still_stands()
