"""Show that an e-mail address is one's own."""

from dataclasses import dataclass, field

from auth_service.application.ports import OpenWork, Secrets
from auth_service.domain.errors import InvalidMailToken
from auth_service.domain.mails import TokenPurpose
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock


@dataclass(frozen=True, slots=True)
class VerifyEmail:
    """Someone followed the link of the mail."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerifyEmailHandler:
    """Uses the token up and marks its user as verified. Other accounts that share the address lose it."""

    open_work: OpenWork
    secrets: Secrets
    clock: Clock

    async def __call__(self, command: VerifyEmail) -> None:
        """Raises `InvalidMailToken` for a token that is unknown, used or too old."""
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            user_id = await work.mails.use_token(self.secrets.hash(command.token), TokenPurpose.VERIFY_EMAIL, now)
            if user_id is None:
                raise InvalidMailToken
            email = (await work.users.read(user_id)).email
            sharing = {each.state.id: each for each in await work.users.sharing(email)} if email else {}
            user = sharing.pop(user_id, None)
            if user is None:
                raise InvalidMailToken
            for other in sharing.values():
                other.lose_address(now)
                await work.users.save(other)
            user.verify(now)
            await work.users.save(user)
