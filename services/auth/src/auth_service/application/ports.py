"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from auth_service.domain.logins import Login, LoginState, RefreshToken
from auth_service.domain.mails import MailKind, MailToken, QueuedMail, TokenPurpose
from auth_service.domain.organizations import MemberRole, Organization
from auth_service.domain.roles import Role
from auth_service.domain.signing_keys import KeyAge
from auth_service.domain.users import User, UserState


class Clock(Protocol):
    """Time from outside."""

    def now(self) -> datetime:
        """The present instant, with its offset."""
        ...


NewId = Callable[[], UUID]


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret for its owner, and the hash of it that is kept."""

    text: str
    hash: bytes


class Secrets(Protocol):
    """Random secrets: refresh tokens and the tokens of mails."""

    def new(self) -> Secret:
        """An unguessable secret of 256 bits."""
        ...

    def hash(self, text: str) -> bytes:
        """The hash under which a secret is kept."""
        ...


class PasswordHasher(Protocol):
    """Slow, salted hashes of passwords. Both calls raise `TooBusy` when too many wait already."""

    async def hash(self, password: str) -> str:
        """A new salted hash."""
        ...

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether the password belongs to the hash. Without a hash it takes as long, and is false."""
        ...


class Users(Protocol):
    """The users."""

    async def get(self, user_id: UUID) -> User:
        """One user. Raises `UnknownUser`."""
        ...

    async def by_email(self, email: str) -> User | None:
        """The user of an address, in any spelling."""
        ...

    async def add(self, user: User) -> bool:
        """Keep a new user; false when the address is taken."""
        ...

    async def save(self, user: User) -> None:
        """Keep a changed user. Raises `ChangedMeanwhile`."""
        ...

    async def page(self, query: str | None, after: UUID | None, limit: int) -> Sequence[UserState]:
        """Users in the order of their ids, after one of them, whose name or address contains `query`."""
        ...


class Logins(Protocol):
    """The signed-in devices and their refresh tokens."""

    async def add(self, login: Login, token: RefreshToken) -> None:
        """Keep a new login with its first token."""
        ...

    async def by_refresh_token(self, secret_hash: bytes) -> tuple[Login, RefreshToken] | None:
        """The login of a token, locked until the transaction ends, and the token, used or not."""
        ...

    async def rotate(self, used: RefreshToken, fresh: RefreshToken) -> None:
        """Note that one token was used and what followed it."""
        ...

    async def get(self, login_id: UUID) -> Login | None:
        """One login, locked until the transaction ends."""
        ...

    async def open_of_user(self, user_id: UUID) -> Sequence[Login]:
        """A user's open logins, the newest first."""
        ...

    async def save(self, login: Login) -> None:
        """Keep a changed login. Raises `ChangedMeanwhile`."""
        ...

    async def count_open(self, at: datetime) -> int:
        """How many logins of all users can still be used."""
        ...


@dataclass(frozen=True, slots=True)
class Membership:
    """What a user is in one organization."""

    organization_id: UUID
    organization_name: str
    role: MemberRole


class Organizations(Protocol):
    """The tenants."""

    async def get(self, organization_id: UUID) -> Organization:
        """One organization. Raises `UnknownOrganization`."""
        ...

    async def add(self, organization: Organization) -> None:
        """Keep a new organization."""
        ...

    async def save(self, organization: Organization) -> None:
        """Keep a changed organization. Raises `ChangedMeanwhile`."""
        ...

    async def memberships(self, user_id: UUID) -> Sequence[Membership]:
        """The organizations that a user belongs to, by name."""
        ...

    async def page(self, member: UUID | None, after: UUID | None, limit: int) -> Sequence[Organization]:
        """Organizations in the order of their ids, after one of them; only a member's where one is given."""
        ...


class Roles(Protocol):
    """The roles and what they permit."""

    async def all(self) -> Sequence[Role]:
        """Every role, by name."""
        ...

    async def permissions_of(self, names: frozenset[str]) -> frozenset[str]:
        """All that these roles permit together."""
        ...


class Mails(Protocol):
    """Mails to be sent, and the tokens of their links."""

    async def queue(self, user_id: UUID, kind: MailKind, at: datetime) -> None:
        """Have a mail sent soon after this transaction."""
        ...

    async def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[QueuedMail]:
        """Mails that are due, which nobody else gets before `until`."""
        ...

    async def sent(self, mail_id: UUID, at: datetime) -> None:
        """Note that a mail went out."""
        ...

    async def failed(self, mail_id: UUID, again_at: datetime) -> None:
        """Note that an attempt failed."""
        ...

    async def keep_token(self, token: MailToken) -> None:
        """Keep a token that is about to be sent."""
        ...

    async def use_token(self, secret_hash: bytes, purpose: TokenPurpose, at: datetime) -> UUID | None:
        """Use a token up; the user it was sent to, or nothing when it does not count."""
        ...


class Events(Protocol):
    """Where domain events go, in the transaction of what they tell of."""

    async def publish(self, *aggregates: User | Login | Organization) -> None:
        """Have everything that happened to the aggregates told to the other services."""
        ...


class Work(Protocol):
    """One transaction's repositories."""

    @property
    def users(self) -> Users:
        """The users."""
        ...

    @property
    def logins(self) -> Logins:
        """The logins."""
        ...

    @property
    def organizations(self) -> Organizations:
        """The tenants."""
        ...

    @property
    def roles(self) -> Roles:
        """The roles."""
        ...

    @property
    def mails(self) -> Mails:
        """The mail queue."""
        ...

    @property
    def events(self) -> Events:
        """Where events go."""
        ...


OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens a transaction that commits when its block ends, and rolls back when the block raises."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed access token, and for how many seconds it counts."""

    text: str
    expires_in: int


class AccessTokens(Protocol):
    """Signs access tokens."""

    async def issue(
        self, user: UserState, login: LoginState, permissions: frozenset[str], organizations: Sequence[UUID]
    ) -> AccessToken:
        """A token for a user's login."""
        ...


class SigningKeys(Protocol):
    """The keys that sign access tokens."""

    async def ages(self) -> Sequence[KeyAge]:
        """All keys that are kept."""
        ...

    async def create(self, at: datetime) -> KeyAge:
        """Make and keep a new key."""
        ...

    async def drop(self, key_id: str) -> None:
        """Forget a key: what it signed does not count any more."""
        ...

    async def published(self) -> Sequence[dict[str, str]]:
        """The public halves, as JWKs (RFC 7517)."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's content before it is written: the kind, to whom, and the secret for its link."""

    kind: MailKind
    email: str
    full_name: str
    secret: str | None


class MailSender(Protocol):
    """Sends a mail."""

    async def send(self, letter: Letter) -> None:
        """Hand a mail over. Raises `MailUnsent` when the server is away or refuses it."""
        ...


class MailUnsent(Exception):
    """The mail server is away, or refused the mail."""
