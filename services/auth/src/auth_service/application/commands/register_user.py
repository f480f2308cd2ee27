"""Make an account."""

from dataclasses import dataclass, field

from auth_service.application.commands.accept_password import AcceptPassword, accept_password
from auth_service.application.ports import OpenWork, PasswordHasher, PasswordStandards
from auth_service.domain.mails import REPEAT_AFTER, MailKind
from auth_service.domain.users import User, UserState
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock, NewId


@dataclass(frozen=True, slots=True)
class RegisterUser:
    """Someone wants an account."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    full_name: str
    phone_number: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterUserHandler:
    """Makes an unverified user and queues the mail with the link.

    For an address that is taken it does the same work and answers the same, but changes nothing, and the owner gets
    a mail instead, at most one an hour: nobody learns from here whether an address has an account, or can flood a
    mailbox.
    """

    open_work: OpenWork
    passwords: PasswordHasher
    standards: PasswordStandards
    clock: Clock
    new_id: NewId

    async def __call__(self, command: RegisterUser) -> UserState:
        """The new user, or what it would have been. Raises `UnacceptablePassword` and `TooBusy`."""
        password = accept_password(self.standards, AcceptPassword(command.password, command.email))
        password_hash = await self.passwords.hash(password)
        now = self.clock.now()
        user = User.register(
            self.new_id(now),
            email=command.email,
            full_name=command.full_name,
            phone_number=command.phone_number,
            password_hash=password_hash,
            at=now,
        )
        async with self.open_work(THE_SERVICE) as work:
            if await work.users.add(user):
                await work.mails.queue(user.state.id, MailKind.VERIFY_EMAIL, now)
            elif (owner := await work.users.by_email(command.email)) and not await work.mails.queued_since(
                owner.id, MailKind.ALREADY_REGISTERED, now - REPEAT_AFTER
            ):
                await work.mails.queue(owner.id, MailKind.ALREADY_REGISTERED, now)
        return user.state
