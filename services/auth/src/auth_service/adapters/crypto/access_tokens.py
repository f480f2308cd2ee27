"""Signing access tokens (RFC 9068)."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from auth_service.adapters.postgres.key_ring import PostgresKeyRing
from auth_service.adapters.postgres.signing_keys import ALGORITHM
from auth_service.application.ports import SignToken
from auth_service.domain.grants import AccessToken, Grant
from auth_service.domain.logins import LoginState
from auth_service.domain.signing_keys import ACCESS_TOKEN_LIFETIME
from auth_service.domain.users import UserState
from parking_kernel.clocks import Clock

KEY_REMEMBERED_SECONDS = 30.0
FIRST_PARTY_CLIENT = "parking"


class NoSigningKey(ConnectionError):
    """There is no key yet; `auth-service migrate` makes the first one."""


@dataclass(frozen=True, slots=True)
class CurrentKey:
    """What signs now."""

    algorithm: str
    key: ECKey | OctKey


class StoredKeys:
    """The current key of the database, remembered for half a minute."""

    def __init__(self, keys: PostgresKeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._current: CurrentKey | None = None
        self._read_at = float("-inf")

    async def __call__(self) -> CurrentKey:
        """Raises `NoSigningKey`, and `CannotOpen` under another master key."""
        elapsed = asyncio.get_running_loop().time()
        if self._current is None or elapsed - self._read_at > KEY_REMEMBERED_SECONDS:
            self._current = await self._read()
            self._read_at = elapsed
        return self._current

    async def _read(self) -> CurrentKey:
        key = await self._keys.signing(self._clock.now())
        if key is None:
            raise NoSigningKey("there is no signing key yet")
        return CurrentKey(ALGORITHM, key)


class SharedSecretKey:
    """The one secret of an installation that set HS256."""

    def __init__(self, secret: str) -> None:
        self._current = CurrentKey("HS256", OctKey.import_key(secret))

    async def __call__(self) -> CurrentKey:
        """Always the same."""
        return self._current


@dataclass(frozen=True, slots=True)
class JwtAccessTokens:
    """See `auth_service.application.ports.AccessTokens`."""

    current_key: Callable[[], Awaitable[CurrentKey]]
    issuer: str
    audience: str
    clock: Clock

    async def signer(self) -> SignToken:
        """Signs with the present key."""
        return partial(self._sign, await self.current_key())

    def _sign(self, current: CurrentKey, user: UserState, login: LoginState, grant: Grant) -> AccessToken:
        issued_at = int(self.clock.now().timestamp())
        lifetime = int(ACCESS_TOKEN_LIFETIME.total_seconds())
        claims = {
            "iss": self.issuer,
            "aud": self.audience,
            "sub": str(user.id),
            "client_id": FIRST_PARTY_CLIENT,
            "sid": str(login.id),
            "jti": str(uuid4()),
            "iat": issued_at,
            "exp": issued_at + lifetime,
            "scope": " ".join(sorted(grant.permissions)),
            "roles": sorted(user.roles),
            "email_verified": user.is_verified,
            "organizations": [str(membership.organization_id) for membership in grant.memberships],
        }
        header = {"alg": current.algorithm, "typ": "at+jwt"}
        if current.key.kid:
            header["kid"] = current.key.kid
        return AccessToken(jwt.encode(header, claims, current.key, algorithms=[current.algorithm]), lifetime)
