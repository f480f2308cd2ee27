"""Access tokens: RFC 9068 JWTs, signed by auth alone, checked by everyone through its published keys.

A checked token is remembered until it expires (a signature costs 200 µs, a look-up less than one); whether its login
ended before that is a separate question, put to `Revocations` at every use.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

import httpx
import structlog
from cachetools import TLRUCache
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, KeySetSerialization, OctKey
from joserfc.jws import JWSRegistry

from parking_chassis.metrics import CACHE_LOOKUPS
from parking_kernel.askers import EVERYTHING

log = structlog.stdlib.get_logger(__name__)

MAX_REMEMBERED = 50_000
KEYS_FRESH_SECONDS = 300.0
KEYS_RETRY_SECONDS = 5.0
CLOCK_SKEW_SECONDS = 5
TOKEN_TYPE = "at+jwt"  # noqa: S105 - the media type of RFC 9068
LONGEST_LIFETIME: Final = timedelta(minutes=10)
"""The longest lifetime of an access token, from `iat` to `exp`."""


class InvalidToken(Exception):
    """The token is malformed, badly signed, expired, revoked, or meant for someone else; the message says which."""


class KeysUnavailable(ConnectionError):
    """No key is known and the issuer does not answer: the token cannot be judged now."""


@dataclass(frozen=True, slots=True)
class Principal:
    """The user or machine client that a token speaks for, and what it may do.

    `email_verified` is whether the user had shown that the e-mail address is theirs when the token was issued; nothing
    for a machine.
    """

    subject: str
    client_id: str
    login_id: str | None
    permissions: frozenset[str]
    organizations: frozenset[str]
    expires_at: float
    email_verified: bool | None = None

    def may(self, permission: str) -> bool:
        """Whether the permission is among those of the token."""
        return permission in self.permissions or EVERYTHING in self.permissions


class SigningKeys(Protocol):
    """Where the issuer's public keys come from."""

    async def current(self) -> KeySet:
        """The keys as known. Raises `KeysUnavailable` when there are none and the issuer is away."""
        ...

    async def refreshed(self) -> KeySet:
        """The keys asked for again, for a key id that is not among the known ones; rate-limited."""
        ...


class Revocations(Protocol):
    """Logins that ended: their tokens are refused, though not expired."""

    async def is_revoked(self, principal: Principal) -> bool:
        """Whether the token's login ended."""
        ...

    def following(self) -> AbstractAsyncContextManager[None]:
        """Open while a process serves: keeps up with what ends."""
        ...


class SharedSecret:
    """HS256 for an installation with a single secret: issuer and services hold the same key."""

    def __init__(self, secret: str) -> None:
        self._keys = KeySet([OctKey.import_key(secret)])

    async def current(self) -> KeySet:
        """The one key."""
        return self._keys

    async def refreshed(self) -> KeySet:
        """The one key."""
        return self._keys


class PublishedKeys:
    """The issuer's JWKS document, kept five minutes, and longer while the issuer is away."""

    def __init__(self, client: httpx.AsyncClient, url: str, *, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._url = url
        self._elapsed = elapsed
        self._keys: KeySet | None = None
        self._asked_at = float("-inf")
        self._lock = asyncio.Lock()

    async def current(self) -> KeySet:
        """See `SigningKeys`."""
        is_old = self._elapsed() - self._asked_at > KEYS_FRESH_SECONDS
        # A request with known keys does not wait for another request's question: the issuer may be slow to answer.
        if self._keys is None or (is_old and not self._lock.locked()):
            await self._ask()
        if self._keys is None:
            raise KeysUnavailable("the issuer's keys cannot be fetched")
        return self._keys

    async def refreshed(self) -> KeySet:
        """See `SigningKeys`."""
        await self._ask()
        return await self.current()

    async def _ask(self) -> None:
        async with self._lock:
            if self._elapsed() - self._asked_at < KEYS_RETRY_SECONDS:
                return
            self._asked_at = self._elapsed()
            try:
                answer = await self._client.get(self._url)
                answer.raise_for_status()
                document: KeySetSerialization = answer.json()
                self._keys = KeySet.import_key_set(document)
            except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
                # A page that is no key set, such as a proxy's error, is as good as no answer.
                log.warning("signing_keys_unavailable", url=self._url, error=type(error).__name__)


class AccessTokenVerifier:
    """Checks tokens against the keys, an allow-list of algorithms, issuer, audience and time."""

    def __init__(
        self,
        keys: SigningKeys,
        *,
        issuer: str,
        audience: str,
        algorithms: Sequence[str],
        revocations: Revocations | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._registry = JWSRegistry(algorithms=list(algorithms))
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=CLOCK_SKEW_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            client_id={"essential": True},
        )
        self._revocations = revocations
        self._lookups = CACHE_LOOKUPS.of("access_tokens")
        self._remembered: TLRUCache[str, Principal] = TLRUCache(
            MAX_REMEMBERED, ttu=lambda _token, principal, _now: principal.expires_at, timer=now
        )

    def following(self) -> AbstractAsyncContextManager[None]:
        """Open while a process serves; see `Revocations`."""
        return nullcontext() if self._revocations is None else self._revocations.following()

    async def verify(self, token: str) -> Principal:
        """Whom the token speaks for. Raises `InvalidToken`, and `KeysUnavailable` when it cannot be judged."""
        principal = self._remembered.get(token)
        if principal is None:
            self._lookups.misses += 1
            principal = _principal_of(await self._checked_claims(token))
            self._remembered[token] = principal
        else:
            self._lookups.hits += 1
        if self._revocations is not None and await self._revocations.is_revoked(principal):
            raise InvalidToken("this login has ended")
        return principal

    async def _checked_claims(self, token: str) -> dict[str, Any]:
        try:
            decoded = await self._decoded(token)
            if str(decoded.header.get("typ", "")).lower().removeprefix("application/") != TOKEN_TYPE:
                raise InvalidToken(f"the token's type is not {TOKEN_TYPE}")
            self._claims.validate(decoded.claims)
        except (JoseError, ValueError) as error:
            raise InvalidToken(str(error)) from error
        return decoded.claims

    async def _decoded(self, token: str) -> jwt.Token:
        try:
            return self._decode(token, await self._keys.current())
        except InvalidKeyIdError:
            return self._decode(token, await self._keys.refreshed())

    def _decode(self, token: str, keys: KeySet) -> jwt.Token:
        return jwt.decode(token, keys, registry=self._registry)


def _principal_of(claims: dict[str, Any]) -> Principal:
    return Principal(
        subject=str(claims["sub"]),
        client_id=str(claims["client_id"]),
        login_id=claims.get("sid"),
        permissions=frozenset(str(claims.get("scope", "")).split()),
        organizations=frozenset(claims.get("organizations", ())),
        expires_at=float(claims["exp"]),
        email_verified=claims.get("email_verified"),
    )
