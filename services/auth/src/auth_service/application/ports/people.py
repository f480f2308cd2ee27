"""Users, tenants, and what their roles permit."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from auth_service.domain.grants import Grant
from auth_service.domain.organizations import Organization, OrganizationState
from auth_service.domain.roles import Role
from auth_service.domain.users import PastStatus, User, UserFilter, UserState


class Users(Protocol):
    """The users."""

    async def get(self, user_id: UUID) -> User:
        """One user, to be changed. Raises `UnknownUser`."""
        ...

    async def read(self, user_id: UUID) -> UserState:
        """One user as they are. Raises `UnknownUser`."""
        ...

    async def of_address(self, email: str) -> Sequence[UserState]:
        """The accounts of an address in any spelling, the verified one alone where there is one.

        Those that somebody has signed in to come first, and of each kind the newest; at most `SHARED_BY`.
        """
        ...

    async def sharing(self, email: str) -> Sequence[User]:
        """The same, to be changed, by their ids: nobody verifies one of them until the transaction ends."""
        ...

    async def add(self, user: User) -> bool:
        """Store a new user; false when it is verified and another verified one has the address."""
        ...

    async def save(self, user: User) -> None:
        """Store a changed user. Raises `ChangedMeanwhile`."""
        ...

    async def store_hash(self, user_id: UUID, password_hash: str) -> None:
        """Store another hash of the same password. No event says so: nothing changed for anybody."""
        ...

    async def note_sign_in(self, user_id: UUID) -> None:
        """Note that somebody has signed in to an account. No event says so: that of the login does."""
        ...

    async def status_history(self, user_id: UUID, limit: int) -> Sequence[PastStatus]:
        """How the status of an account changed, the last change first; at most `limit`."""
        ...

    async def page(self, wanted: UserFilter, after: UUID | None, limit: int) -> Sequence[UserState]:
        """Those wanted, in the order of their ids, after one of them."""
        ...


class Organizations(Protocol):
    """The tenants."""

    async def get(self, organization_id: UUID) -> Organization:
        """One organization, to be changed. Raises `UnknownOrganization`."""
        ...

    async def add(self, organization: Organization) -> None:
        """Store a new organization."""
        ...

    async def save(self, organization: Organization) -> None:
        """Store a changed organization. Raises `ChangedMeanwhile`."""
        ...

    async def page(self, member: UUID | None, after: UUID | None, limit: int) -> Sequence[OrganizationState]:
        """Organizations in the order of their ids, after one of them; only a member's where one is given."""
        ...


class Roles(Protocol):
    """The roles and what they permit."""

    async def all(self) -> Sequence[Role]:
        """Every role, by name."""
        ...

    async def grant_of(self, user: UserState) -> Grant:
        """What the user's roles permit together, and where."""
        ...
