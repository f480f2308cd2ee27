"""All fakes together, as `bootstrap` has all adapters together."""

from dataclasses import dataclass, field

from services.auth.tests.fakes.clock import FakeClock
from services.auth.tests.fakes.crypto.access_tokens import FakeAccessTokens
from services.auth.tests.fakes.crypto.password_standards import FakePasswordStandards
from services.auth.tests.fakes.crypto.passwords import FakePasswords
from services.auth.tests.fakes.crypto.secrets import FakeSecrets
from services.auth.tests.fakes.postgres.tables import Tables
from services.auth.tests.fakes.postgres.unit_of_work import in_memory_work
from services.auth.tests.fakes.smtp.sender import FakeMailSender

from auth_service.application.commands.register_user import RegisterUser, RegisterUserHandler
from auth_service.application.commands.sign_in import SignIn, SignInHandler
from auth_service.application.ports import OpenWork
from auth_service.domain.grants import IssuedTokens
from auth_service.domain.users import UserState
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE

EMAIL = "dora@example.com"
PASSWORD = "correct horse battery"


@dataclass
class FakeInstallation:
    """Auth without anything outside of this process. `tables` shows what is stored and what was published."""

    tables: Tables = field(default_factory=Tables)
    clock: FakeClock = field(default_factory=FakeClock)
    passwords: FakePasswords = field(default_factory=FakePasswords)
    standards: FakePasswordStandards = field(default_factory=FakePasswordStandards)
    secrets: FakeSecrets = field(default_factory=FakeSecrets)
    access_tokens: FakeAccessTokens = field(default_factory=FakeAccessTokens)
    sender: FakeMailSender = field(default_factory=FakeMailSender)

    def __post_init__(self) -> None:
        self.work: OpenWork = in_memory_work(self.tables, new_id, self.clock.now)
        self.register = RegisterUserHandler(self.work, self.passwords, self.standards, self.secrets, self.clock, new_id)
        self.sign_in = SignInHandler(
            self.work, self.passwords, self.standards, self.secrets, self.access_tokens, self.clock, new_id
        )

    async def registered(self, email: str = EMAIL) -> UserState:
        """A user who just registered."""
        return await self.register(RegisterUser(email, PASSWORD, "Dora Driver"))

    async def verified(self, email: str = EMAIL) -> UserState:
        """A user who registered and followed the link."""
        user = await self.registered(email)
        async with self.work(THE_SERVICE) as work:
            changed = await work.users.get(user.id)
            changed.verify(self.clock.now())
            await work.users.save(changed)
        return changed.state

    async def signed_in(self, email: str = EMAIL, device: str = "phone") -> IssuedTokens:
        """The tokens of a registered user's new login."""
        return await self.sign_in(SignIn(email, PASSWORD, device))

    def published(self) -> list[str]:
        """The names of the events that left, in order."""
        return [type(event).__name__ for event in self.tables.outbox]
