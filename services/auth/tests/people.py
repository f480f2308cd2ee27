"""Users, logins and organizations for tests, with ids of their own."""

from datetime import UTC, datetime
from uuid import UUID

from auth_service.application.ports import OpenWork
from auth_service.domain.logins import Login, RefreshToken
from auth_service.domain.organizations import Organization
from auth_service.domain.users import User
from parking_chassis.ids import new_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def some_user(email: str = "dora@example.com", full_name: str = "Dora Driver") -> User:
    return User.register(new_id(), email=email, full_name=full_name, phone_number=None, password_hash="hash", at=NOW)


async def kept_user(open_work: OpenWork, email: str = "dora@example.com") -> User:
    user = some_user(email)
    async with open_work() as work:
        assert await work.users.add(user)
    return user


async def kept_login(open_work: OpenWork, user_id: UUID, secret_hash: bytes, at: datetime = NOW) -> Login:
    login = Login.start(new_id(), user_id, "phone", at)
    async with open_work() as work:
        await work.logins.add(login, RefreshToken(secret_hash, login.state.id, at, None))
    return login


async def kept_organization(open_work: OpenWork, name: str = "Acme") -> Organization:
    organization = Organization.create(new_id(), name, NOW)
    async with open_work() as work:
        await work.organizations.add(organization)
    return organization
