"""Which tokens count: the allow-list of algorithms, issuer, audience, type and time (RFC 8725, RFC 9068)."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey

from parking_chassis.access_tokens import AccessTokenVerifier, InvalidToken, Principal, SharedSecret

ISSUER = "https://parking.test"
AUDIENCE = "parking"


class FixedKeys:
    """The issuer's keys, and how often they were asked for again."""

    def __init__(self, *keys: ECKey | OKPKey) -> None:
        self.known = KeySet(list(keys))
        self.next: KeySet | None = None
        self.refreshes = 0

    async def current(self) -> KeySet:
        return self.known

    async def refreshed(self) -> KeySet:
        self.refreshes += 1
        self.known = self.next or self.known
        return self.known


class EndedLogins:
    def __init__(self, *login_ids: str) -> None:
        self.ended = set(login_ids)

    async def is_revoked(self, principal: Principal) -> bool:
        return principal.login_id in self.ended

    def following(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()


KEY = ECKey.generate_key("P-256", {"kid": "one"})
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "two"})


def claims(**changes: object) -> dict[str, Any]:
    now = int(time.time())
    made = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "driver",
        "client_id": "web",
        "sid": "login",
        "iat": now,
        "exp": now + 600,
        "scope": "read:parking write:reservation",
        "organizations": ["acme"],
    }
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


def signed(
    body: dict[str, Any] | None = None,
    header: Mapping[str, object] | None = None,
    key: ECKey | OKPKey | OctKey = KEY,
    algorithm: str = "ES256",
) -> str:
    full_header = {"alg": algorithm, "kid": key.kid, "typ": "at+jwt", **(header or {})}
    return jwt.encode(
        {name: value for name, value in full_header.items() if value is not None},
        body or claims(),
        key,
        algorithms=[algorithm],
    )


def verifier(keys: FixedKeys | None = None, ended: EndedLogins | None = None) -> AccessTokenVerifier:
    return AccessTokenVerifier(
        keys or FixedKeys(KEY), issuer=ISSUER, audience=AUDIENCE, algorithms=["ES256", "Ed25519"], revocations=ended
    )


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def test_a_good_token_names_its_principal() -> None:
    principal = await verifier().verify(signed())
    assert principal.subject == "driver"
    assert principal.organizations == {"acme"}
    assert principal.may("write:reservation")
    assert not principal.may("write:parking")


async def test_the_star_permits_everything() -> None:
    assert (await verifier().verify(signed(claims(scope="*")))).may("write:parking")


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.test"},
        {"iss": None},
        {"aud": "another"},
        {"aud": None},
        {"sub": None},
        {"client_id": None},
        {"exp": None},
        {"exp": int(time.time()) - 60},
        {"exp": "tomorrow"},
        {"nbf": int(time.time()) + 600},
        {"iat": int(time.time()) + 600},
    ],
)
async def test_a_claim_that_is_wrong_or_missing_refuses_the_token(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidToken):
        await verifier().verify(signed(claims(**changes)))


async def test_an_id_token_is_no_access_token() -> None:
    with pytest.raises(InvalidToken, match="type"):
        await verifier().verify(signed(header={"typ": "JWT"}))


async def test_no_algorithm_means_no_entry() -> None:
    unsigned = f"{segment({'alg': 'none', 'typ': 'at+jwt'})}.{segment(claims())}."
    with pytest.raises(InvalidToken):
        await verifier().verify(unsigned)


async def test_the_public_key_does_not_pass_for_a_shared_secret() -> None:
    content = f"{segment({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'one'})}.{segment(claims())}"
    digest = hmac.new(KEY.as_pem(private=False), content.encode(), hashlib.sha256).digest()
    confused = f"{content}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
    with pytest.raises(InvalidToken):
        await verifier().verify(confused)


async def test_another_key_under_a_known_name_is_refused() -> None:
    forger = ECKey.generate_key("P-256", {"kid": "one"})
    with pytest.raises(InvalidToken):
        await verifier().verify(signed(key=forger))


async def test_a_new_key_is_asked_for_once() -> None:
    keys = FixedKeys(KEY)
    keys.next = KeySet([KEY, OTHER_KEY])
    assert (await verifier(keys).verify(signed(key=OTHER_KEY))).subject == "driver"
    assert keys.refreshes == 1


async def test_a_bad_signature_asks_for_no_keys() -> None:
    keys = FixedKeys(KEY)
    with pytest.raises(InvalidToken):
        await verifier(keys).verify(signed()[:-4] + "AAAA")
    assert keys.refreshes == 0


async def test_ed25519_counts_as_well() -> None:
    key = OKPKey.generate_key("Ed25519", {"kid": "ed"})
    assert (await verifier(FixedKeys(key)).verify(signed(key=key, algorithm="Ed25519"))).subject == "driver"


async def test_a_shared_secret_checks_hs256_and_nothing_else() -> None:
    secret = "a secret of more than thirty-two characters"
    strict = AccessTokenVerifier(SharedSecret(secret), issuer=ISSUER, audience=AUDIENCE, algorithms=["HS256"])
    token = signed(key=OctKey.import_key(secret), algorithm="HS256")
    assert (await strict.verify(token)).subject == "driver"
    with pytest.raises(InvalidToken):
        await strict.verify(signed())


async def test_an_ended_login_counts_no_more_though_its_token_was_seen_before() -> None:
    ended = EndedLogins()
    judge = verifier(ended=ended)
    token = signed()
    await judge.verify(token)
    ended.ended.add("login")
    with pytest.raises(InvalidToken, match="ended"):
        await judge.verify(token)


async def test_a_remembered_token_still_expires() -> None:
    elapsed = 0.0
    judge = AccessTokenVerifier(
        FixedKeys(KEY), issuer=ISSUER, audience=AUDIENCE, algorithms=["ES256"], now=lambda: time.time() + elapsed
    )
    token = signed()
    await judge.verify(token)
    elapsed = 700.0
    with pytest.raises(InvalidToken):
        await judge.verify(token)


@given(st.one_of(st.text(max_size=200), st.from_regex(r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,40}){0,4}")))
def test_no_string_breaks_the_judge(text: str) -> None:
    async def judge() -> None:
        with pytest.raises(InvalidToken):
            await verifier().verify(text)

    asyncio.run(judge())
