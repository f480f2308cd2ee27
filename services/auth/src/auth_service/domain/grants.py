"""What a user may do, and where; and the tokens that say so."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from auth_service.domain.organizations import MemberRole


@dataclass(frozen=True, slots=True)
class Membership:
    """What a user is in one organization."""

    organization_id: UUID
    organization_name: str
    role: MemberRole


@dataclass(frozen=True, slots=True)
class Grant:
    """All that a user's roles permit, and the organizations in which it counts, by name."""

    permissions: frozenset[str]
    memberships: Sequence[Membership]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A signed access token, and for how many seconds it counts."""

    text: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """An access token, what it permits, and the refresh token that follows it."""

    access_token: AccessToken
    permissions: frozenset[str]
    refresh_token: str = field(repr=False)
