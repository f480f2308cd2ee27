"""Bad tokens end at the edge with a 401, whatever they look like; good ones pass."""

import base64
import hmac
import json
import time

import httpx
import pytest
from gateway.tests.stand.gateway import Gateway
from gateway.tests.stand.services import EchoService
from gateway.tests.stand.tokens import Issuer, bearer, part
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

PATH = "/api/v1/reservations"


def check_refused(answer: httpx.Response, detail: str = "The access token is not valid.") -> None:
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    problem = answer.json()
    assert (problem["type"], problem["status"], problem["detail"]) == ("/problems/unauthenticated", 401, detail)
    assert (problem["instance"], problem["request_id"]) == (PATH, answer.headers["x-request-id"])


def signed_by(key: ECKey | RSAKey, issuer: Issuer, algorithm: str, **header: object) -> str:
    return jwt.encode(issuer.header(alg=algorithm, **header), issuer.claims(), key, algorithms=[algorithm])


def hs256_with_the_public_key(issuer: Issuer) -> str:
    signed = f"{part(issuer.header(alg='HS256'))}.{part(issuer.claims())}"
    return f"{signed}.{part(hmac.digest(issuer.key.as_pem(private=False), signed.encode(), 'sha256'))}"


def with_changed_claims(issuer: Issuer) -> str:
    header, _, signature = issuer.token().split(".")
    return f"{header}.{part(issuer.claims(sub='another'))}.{signature}"


def with_der_signature(issuer: Issuer) -> str:
    header, claims, signature = issuer.token().split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    der = b"\x30\x44\x02\x20" + raw[:32] + b"\x02\x20" + raw[32:]
    return f"{header}.{claims}.{part(der)}"


def with_header_and_claims(issuer: Issuer, header: object, claims: object) -> str:
    return f"{part(header)}.{part(claims)}.{issuer.token().split('.')[2]}"


ATTACKS = {
    "no signature": lambda i: i.token().rpartition(".")[0] + ".",
    "two parts": lambda i: i.token().rpartition(".")[0],
    "four parts": lambda i: i.token() + ".x",
    "cut short": lambda i: i.token()[:-3],
    "one more character": lambda i: i.token() + "A",
    "another character set": lambda i: i.token()[:-4] + "+/==",
    "zero signature": lambda i: i.token().rpartition(".")[0] + "." + part(bytes(64)),
    "signature beyond the curve's order": lambda i: i.token().rpartition(".")[0] + "." + part(b"\xff" * 64),
    "DER signature": with_der_signature,
    "signature of another token": lambda i: i.token().rpartition(".")[0] + "." + i.token().rpartition(".")[2],
    "changed claims": with_changed_claims,
    "alg none": lambda i: f"{part(i.header(alg='none'))}.{part(i.claims())}.",
    "alg none with a signature": lambda i: with_header_and_claims(i, i.header(alg="none"), i.claims()),
    "alg None": lambda i: with_header_and_claims(i, i.header(alg="NoNe"), i.claims()),
    "alg missing": lambda i: with_header_and_claims(i, {"typ": "at+jwt", "kid": "first"}, i.claims()),
    "alg is a list": lambda i: with_header_and_claims(i, i.header(alg=["ES256"]), i.claims()),
    "HS256 with the public key": hs256_with_the_public_key,
    "HS256 label on 64 bytes": lambda i: with_header_and_claims(i, i.header(alg="HS256"), i.claims()),
    "RS256": lambda i: signed_by(RSAKey.generate_key(2048), i, "RS256"),
    "EdDSA label for an EC key": lambda i: with_header_and_claims(i, i.header(alg="EdDSA"), i.claims()),
    "another key": lambda i: signed_by(ECKey.generate_key("P-256"), i, "ES256"),
    "key in the header": lambda i: signed_by(
        other := ECKey.generate_key("P-256"), i, "ES256", jwk=other.as_dict(private=False)
    ),
    "unknown kid": lambda i: i.sign(i.header(kid="unknown"), i.claims()),
    "kid missing": lambda i: i.sign(i.header(kid=None), i.claims()),
    "kid is a path": lambda i: i.sign(i.header(kid="../../dev/null"), i.claims()),
    "kid of the prototype": lambda i: i.sign(i.header(kid="__proto__"), i.claims()),
    "typ JWT": lambda i: i.sign(i.header(typ="JWT"), i.claims()),
    "typ missing": lambda i: i.sign(i.header(typ=None), i.claims()),
    "critical extension": lambda i: with_header_and_claims(i, i.header(crit=["exp"]), i.claims()),
    "wrong issuer": lambda i: i.token(iss="https://evil.test"),
    "issuer missing": lambda i: i.token(iss=None),
    "wrong audience": lambda i: i.token(aud="other"),
    "audience missing": lambda i: i.token(aud=None),
    "audience that contains ours": lambda i: i.token(aud="parking-lots"),
    "subject missing": lambda i: i.token(sub=None),
    "subject empty": lambda i: i.token(sub=""),
    "exp missing": lambda i: i.token(exp=None),
    "exp not a number": lambda i: with_header_and_claims(i, i.header(), i.claims(exp="tomorrow")),
    "not yet valid": lambda i: i.token(nbf=int(time.time()) + 60),
    "issued in the future": lambda i: i.token(iat=int(time.time()) + 60),
    "header is no JSON": lambda i: with_header_and_claims(i, b"{", i.claims()),
    "header is null": lambda i: with_header_and_claims(i, None, i.claims()),
    "header is a list": lambda i: with_header_and_claims(i, [], i.claims()),
    "header is a string": lambda i: with_header_and_claims(i, "ES256", i.claims()),
    "claims are no JSON": lambda i: with_header_and_claims(i, i.header(), b"\xff\x00"),
    "claims are a list": lambda i: with_header_and_claims(i, i.header(), [1]),
    "deep JSON": lambda i: with_header_and_claims(i, i.header(), b"[" * 3000 + b"]" * 3000),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
async def test_attack_is_refused_each_time(
    client: httpx.AsyncClient, services: dict[str, EchoService], issuer: Issuer, attack: str
):
    token = ATTACKS[attack](issuer)
    reached = len(services["reservation"].paths_asked)

    for _ in range(2):  # the second verdict may come from the cache
        check_refused(await client.get(PATH, headers=bearer(token)))

    assert len(services["reservation"].paths_asked) == reached


@pytest.mark.parametrize(
    "header",
    [
        "Bearer", "Bearer :", "Bearer x:", "bearer x", "Basic dXNlcjpwYXNz", "Digest x", "x", "Bearer null",
        "Bearer ..", "Bearer a.b.c", "Bearer a b c", "Bearer {token} x", "Bearer {token},{token}", "Token {token}",
        "Bearer: {token}", "{token}", "Bearer Bearer {token}",
    ],
)  # fmt: skip
async def test_malformed_header_is_refused(client: httpx.AsyncClient, issuer: Issuer, header: str):
    check_refused(await client.get(PATH, headers={"Authorization": header.replace("{token}", issuer.token())}))


@settings(max_examples=150)
@given(text=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=400))
async def test_no_text_is_more_than_refused(client: httpx.AsyncClient, text: str):
    check_refused(await client.get(PATH, headers={"Authorization": f"Bearer {text}"}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(["alg", "typ", "kid", "crit", "iss", "sub", "aud", "exp", "nbf", "iat"])


@settings(max_examples=150)
@given(changes=st.dictionaries(MEMBERS, JSON, min_size=1, max_size=4), signature=st.binary(min_size=64, max_size=64))
async def test_no_forged_object_is_more_than_refused(
    client: httpx.AsyncClient, issuer: Issuer, changes: dict[str, object], signature: bytes
):
    header = json.dumps({**issuer.header(), **changes}).encode()
    claims = json.dumps({**issuer.claims(), **changes}).encode()

    answer = await client.get(PATH, headers=bearer(f"{part(header)}.{part(claims)}.{part(signature)}"))

    assert answer.status_code == 401


@pytest.mark.parametrize("body", [None, b"x", b"x" * 900_000])
async def test_good_token_passes_with_its_request(client: httpx.AsyncClient, issuer: Issuer, body: bytes | None):
    token = issuer.token()

    for _ in range(2):
        answer = await client.post(PATH, headers=bearer(token), content=body)
        assert answer.status_code == 200
        assert answer.json()["body_length"] == len(body or b"")
        assert ["authorization", f"Bearer {token}"] in answer.json()["headers"]


@pytest.mark.parametrize(
    "token",
    [
        lambda i: i.token(aud=["other", "parking"]),
        lambda i: i.token(sub='odd % \u00fc "name"'),
        lambda i: i.token(nbf=int(time.time()) - 1, scope="x" * 2000),
        lambda i: i.sign(i.header(typ="application/at+jwt"), i.claims()),
        lambda i: i.token(iat=int(time.time()) + 2),
    ],
    ids=["list of audiences", "odd subject", "long", "full media type", "clock skew"],
)  # fmt: skip
async def test_unusual_good_token_passes(client: httpx.AsyncClient, issuer: Issuer, token):
    assert (await client.get(PATH, headers=bearer(token(issuer)))).status_code == 200


async def test_scheme_is_case_insensitive(client: httpx.AsyncClient, issuer: Issuer):
    assert (await client.get(PATH, headers={"Authorization": f"bEARER {issuer.token()}"})).status_code == 200


async def test_expired_token_is_told_so(client: httpx.AsyncClient, issuer: Issuer):
    answer = await client.get(PATH, headers=bearer(issuer.token(exp=int(time.time()))))

    check_refused(answer, "The access token has expired.")
    assert 'error_description="The access token has expired."' in answer.headers["www-authenticate"]


async def test_no_token_is_no_matter_of_the_edge(client: httpx.AsyncClient):
    assert (await client.get(PATH)).status_code == 200
    assert (await client.get(PATH, headers={"Authorization": ""})).status_code == 200


@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
async def test_client_credentials_reach_auth_unjudged(client: httpx.AsyncClient, path: str):
    answer = await client.post(f"/api/v1/auth/{path}", auth=("client", "secret"))

    assert answer.json()["service"] == "auth"
    assert any(name == "authorization" for name, _ in answer.json()["headers"])


async def test_refusal_names_no_part_of_a_strange_path(gateway: Gateway):
    answer = await gateway.raw(
        b'GET /api/v1/users/"}<script> HTTP/1.1\r\nHost: localhost\r\nAuthorization: x\r\nConnection: close\r\n\r\n'
    )

    assert json.loads(answer.partition(b"\r\n\r\n")[2])["instance"] == "/api/v1/users/"
