"""Make a verified account with roles: the first administrator, and the accounts of a demonstration."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from auth_service.application.commands.accept_password import AcceptPassword, accept_password
from auth_service.application.ports import OpenWork, PasswordHasher, PasswordStandards
from auth_service.domain.errors import UnknownRole
from auth_service.domain.users import User, UserState
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock, NewId
from parking_kernel.concurrency import ChangedMeanwhile


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """The operator of the installation vouches for the address."""

    email: str = field(repr=False)
    password: str = field(repr=False)
    full_name: str
    roles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class CreateAccountHandler:
    """Makes the account; where a verified one has the address already, that gets the roles and keeps its password.

    Unverified ones lose the address: anybody can register it, and none of them is to get the roles.
    """

    open_work: OpenWork
    passwords: PasswordHasher
    standards: PasswordStandards
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CreateAccount) -> UserState:
        """The account. Raises `UnacceptablePassword`, `UnknownRole` and `ChangedMeanwhile`."""
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
            sharing = await work.users.sharing(command.email)
            is_known = bool(sharing) and sharing[0].state.is_verified
            if is_known:
                (user,) = sharing
            user.verify(now)
            for role in command.roles:
                user.assign_role(role, now)
            for other in () if is_known else sharing:
                other.lose_address(now)
                await work.users.save(other)
            if is_known:
                await work.users.save(user)
            elif not await work.users.add(user):
                raise ChangedMeanwhile("user")
        return user.state
