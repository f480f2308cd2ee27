"""Make a verified account with roles: the first administrator, and the accounts of a demonstration."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from auth_service.application.commands.accept_password import AcceptPassword, accept_password
from auth_service.application.ports import OpenWork, PasswordHasher, PasswordStandards
from auth_service.domain.errors import UnknownRole
from auth_service.domain.users import User, UserState
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock, NewId


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """The operator of the installation vouches for the address."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    full_name: str
    roles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CreateAccountHandler:
    """Makes the account; where the address is known already, that account gets the roles and keeps its password."""

    open_work: OpenWork
    passwords: PasswordHasher
    standards: PasswordStandards
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CreateAccount) -> UserState:
        """The account. Raises `UnacceptablePassword` and `UnknownRole`."""
        password = accept_password(self.standards, AcceptPassword(command.password, command.email))
        password_hash = await self.passwords.hash(password)
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            unknown = set(command.roles) - {role.name for role in await work.roles.all()}
            if unknown:
                raise UnknownRole(", ".join(sorted(unknown)))
            user = User.register(
                self.new_id(now),
                email=command.email,
                full_name=command.full_name,
                phone_number=None,
                password_hash=password_hash,
                at=now,
            )
            if not await work.users.add(user) and (known := await work.users.by_email(command.email)):
                user = await work.users.get(known.id)
            user.verify(now)
            for role in command.roles:
                user.assign_role(role, now)
            await work.users.save(user)
        return user.state
