"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them.

What a repository hands out as an aggregate (`User`, `Login`, `Organization`) is locked until the transaction ends, so
that two changes of the same thing follow each other; what it hands out as a state is only read. Whoever needs several
aggregates takes them in the order organization, user, logins, so that nobody waits in a circle.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from auth_service.domain.grants import AccessToken, Grant
from auth_service.domain.logins import Login, LoginState, RefreshToken
from auth_service.domain.mails import MailKind, MailToken, QueuedMail, TokenPurpose
from auth_service.domain.organizations import Organization, OrganizationState
from auth_service.domain.roles import Role
from auth_service.domain.signing_keys import KeyAge
from auth_service.domain.users import User, UserState


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret for its owner, and the hash of it that is kept."""

    text: str = field(repr=False)
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
        """One user, to be changed. Raises `UnknownUser`."""
        ...

    async def read(self, user_id: UUID) -> UserState:
        """One user as they are. Raises `UnknownUser`."""
        ...

    async def by_email(self, email: str) -> UserState | None:
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
        """The login of a token, and the token, used or not."""
        ...

    async def rotate(self, used: RefreshToken, fresh: RefreshToken) -> None:
        """Note that one token was used and what followed it."""
        ...

    async def get(self, login_id: UUID) -> Login | None:
        """One login, open or not."""
        ...

    async def open_of_user(self, user_id: UUID, limit: int) -> Sequence[Login]:
        """A user's open logins, to be ended; at most `limit`."""
        ...

    async def devices_of_user(self, user_id: UUID, at: datetime) -> Sequence[LoginState]:
        """A user's logins that can still be used, the newest first."""
        ...

    async def save(self, *logins: Login) -> None:
        """Keep changed logins. Raises `ChangedMeanwhile`."""
        ...

    async def count_open(self, at: datetime) -> int:
        """How many logins of all users can still be used."""
        ...

    async def sum_up_count(self, limit: int) -> int:
        """Add up what changed in that number since the last time; how many changes, up to `limit`."""
        ...

    async def forget(self, at: datetime, limit: int) -> int:
        """End logins that expired, delete those over since `KEPT_WHEN_OVER` and expired tokens.

        How many were deleted; of each up to `limit`, and none when nothing is left.
        """
        ...


class Organizations(Protocol):
    """The tenants."""

    async def get(self, organization_id: UUID) -> Organization:
        """One organization, to be changed. Raises `UnknownOrganization`."""
        ...

    async def add(self, organization: Organization) -> None:
        """Keep a new organization."""
        ...

    async def save(self, organization: Organization) -> None:
        """Keep a changed organization. Raises `ChangedMeanwhile`."""
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


class Mails(Protocol):
    """Mails to be sent, and the tokens of their links."""

    async def queue(self, user_id: UUID, kind: MailKind, at: datetime) -> None:
        """Have a mail sent soon after this transaction."""
        ...

    async def queued_since(self, user_id: UUID, kind: MailKind, since: datetime) -> bool:
        """Whether such a mail was queued, sent or tried at this time or later."""
        ...

    async def claim(self, at: datetime, until: datetime, limit: int) -> Sequence[QueuedMail]:
        """The oldest mails that are due and not given up (`MAX_ATTEMPTS`); nobody else gets them before `until`."""
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

    async def forget(self, at: datetime, limit: int) -> int:
        """Delete mails sent or given up since `KEPT_WHEN_SENT`, and expired tokens.

        How many were deleted; of each of the three up to `limit`, and none when nothing is left.
        """
        ...


class SigningKeys(Protocol):
    """The keys that sign access tokens. One transaction at a time changes them."""

    async def ages(self) -> Sequence[KeyAge]:
        """All keys that are kept; nobody else adds or drops one until the transaction ends."""
        ...

    async def create(self, at: datetime) -> KeyAge:
        """Make and keep a new key."""
        ...

    async def drop(self, key_id: str) -> None:
        """Forget a key: what it signed does not count any more."""
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
    def signing_keys(self) -> SigningKeys:
        """The signing keys."""
        ...

    @property
    def events(self) -> Events:
        """Where events go."""
        ...


OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens a transaction that commits when its block ends, and rolls back when the block raises."""


SignToken = Callable[[UserState, LoginState, Grant], AccessToken]
"""Makes the access token for a user's login."""


class AccessTokens(Protocol):
    """Signs access tokens."""

    async def signer(self) -> SignToken:
        """Signs with the present key. Asked for before a transaction: without a key, nothing is to be used up."""
        ...


class PublishedKeys(Protocol):
    """The public halves of the signing keys."""

    async def published(self) -> Sequence[dict[str, str]]:
        """As JWKs (RFC 7517)."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail's content before it is written: the kind, to whom, and the secret for its link."""

    kind: MailKind
    email: str = field(repr=False)
    full_name: str = field(repr=False)
    secret: str | None = field(repr=False)


class MailSender(Protocol):
    """Sends a mail."""

    async def send(self, letter: Letter) -> None:
        """Hand a mail over. Raises `MailUnsent` when the server is away or refuses it."""
        ...


class MailUnsent(Exception):
    """The mail server is away, or refused the mail."""
