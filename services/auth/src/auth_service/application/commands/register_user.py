"""Make an account."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from auth_service.application.commands.accept_password import AcceptPassword, accept_password
from auth_service.application.commands.send_verification import SendVerification, send_verification
from auth_service.application.ports import OpenWork, PasswordHasher, PasswordStandards, Secrets, Work
from auth_service.domain.mails import REPEAT_AFTER, MailKind
from auth_service.domain.sharing import has_room, makes_room
from auth_service.domain.users import User, UserState
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock, NewId


@dataclass(frozen=True, slots=True)
class RegisterUser:
    """Someone wants an account; `network_address` is where the request came from, if that is known."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    full_name: str
    phone_number: str | None = None
    network_address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class RegisterUserHandler:
    """Makes an unverified user and queues the mail with the link, even where other unverified ones have the address.

    The first account that registers an address does not own it; the one that verifies it does. Accounts that share one
    share the salt of their passwords, so that signing in costs one check. For the address of a verified account it does
    the same work and answers the same, but makes nothing, and the owner gets a mail instead, at most one an hour:
    nobody learns from here whether an address has an account, or can flood a mailbox. Nor is one made where ten
    accounts share the address and all have been used: the mail names those.
    """

    open_work: OpenWork
    passwords: PasswordHasher
    standards: PasswordStandards
    secrets: Secrets
    clock: Clock
    new_id: NewId

    async def __call__(self, command: RegisterUser) -> UserState:
        """The new user, or what it would have been. Raises `UnacceptablePassword` and `TooBusy`."""
        password = accept_password(self.standards, AcceptPassword(command.password, command.email))
        async with self.open_work(THE_SERVICE) as work:
            alike = [each.password_hash for each in await work.users.of_address(command.email)]
        password_hash = await self.passwords.hash(password, like=alike[0] if alike else None)
        now = self.clock.now()
        user = User.register(
            self.new_id(now),
            email=command.email,
            full_name=command.full_name,
            phone_number=command.phone_number,
            password_hash=password_hash,
            at=now,
            registered_from=command.network_address,
        )
        async with self.open_work(THE_SERVICE) as work:
            sharing = list(await work.users.sharing(command.email))
            if sharing and sharing[0].state.is_verified:
                await self._inform_owner(work, sharing[0].state.id, now)
            else:
                if await self._make_room(work, sharing, now):
                    await work.users.add(user)
                await send_verification(work, self.secrets, SendVerification(command.email, now))
        return user.state

    async def _make_room(self, work: Work, sharing: list[User], now: datetime) -> bool:
        while not has_room(sharing):
            loser = makes_room(sharing, now)
            if loser is None:
                return False
            loser.lose_address(now)
            await work.users.save(loser)
            sharing.remove(loser)
        return True

    async def _inform_owner(self, work: Work, owner: UUID, now: datetime) -> None:
        if not await work.mails.queued_since(owner, MailKind.ALREADY_REGISTERED, now - REPEAT_AFTER):
            await work.mails.queue(owner, MailKind.ALREADY_REGISTERED, now)
