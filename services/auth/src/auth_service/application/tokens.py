"""What signing in and refreshing have in common: the tokens that both end with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from auth_service.application.ports import AccessTokens, Secret, Work
from auth_service.domain.logins import LoginState
from auth_service.domain.users import UserState


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """An access token and the refresh token that follows it."""

    access_token: str = field(repr=False)
    expires_in: int
    refresh_token: str = field(repr=False)
    permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a user may do, and where."""

    permissions: frozenset[str]
    organizations: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Reads what a user may do, and signs it."""

    access_tokens: AccessTokens

    async def grant(self, work: Work, user: UserState) -> Grant:
        """What the user may do now."""
        memberships = await work.organizations.memberships(user.id)
        return Grant(
            await work.roles.permissions_of(user.roles),
            [membership.organization_id for membership in memberships],
        )

    async def issue(self, user: UserState, login: LoginState, grant: Grant, secret: Secret) -> IssuedTokens:
        """The tokens for a login whose next refresh token is `secret`."""
        token = await self.access_tokens.issue(user, login, grant.permissions, grant.organizations)
        return IssuedTokens(token.text, token.expires_in, secret.text, grant.permissions)
