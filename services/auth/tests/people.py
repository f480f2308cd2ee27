"""Users, logins and organizations for tests, with ids of their own."""

from datetime import UTC, datetime
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.logins import Login, RefreshToken
from auth_service.domain.organizations import Organization, OrganizationState
from auth_service.domain.users import StatusChange, User
from parking_chassis.ids import new_id
from parking_kernel.askers import EVERYTHING, THE_SERVICE, Asker
from parking_kernel.repeatable import Answer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADMIN = Asker(UUID(int=1), permissions=frozenset({EVERYTHING}))


ABUSE = StatusChange("sold its bookings on", ADMIN.user_id, NOW)


def rendered(organization: OrganizationState) -> Answer:
    """An answer that shows the id alone; see `id_in`."""
    return Answer(201, organization.id.bytes)


def id_in(answer: Answer) -> UUID:
    return UUID(bytes=answer.body)


def some_user(email: str = "dora@example.com", full_name: str = "Dora Driver") -> User:
    return User.register(new_id(), email=email, full_name=full_name, phone_number=None, password_hash="hash", at=NOW)


async def stored_user(open_work: OpenWork, email: str = "dora@example.com") -> User:
    user = some_user(email)
    async with open_work(THE_SERVICE) as work:
        assert await work.users.add(user)
    return User(user.state)  # its events were published


async def stored_login(open_work: OpenWork, user_id: UUID, secret_hash: bytes, at: datetime = NOW) -> Login:
    login = Login.start(new_id(), user_id, "phone", at)
    async with open_work(THE_SERVICE) as work:
        await work.logins.add(login, RefreshToken(secret_hash, login.state.id, at, None))
    return Login(login.state)


async def stored_organization(open_work: OpenWork, name: str = "Acme") -> Organization:
    organization = Organization.create(new_id(), name, NOW)
    async with open_work(THE_SERVICE) as work:
        await work.organizations.add(organization)
    return Organization(organization.state)
