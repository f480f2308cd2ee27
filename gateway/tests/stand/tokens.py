"""Access tokens, good and bad."""

import base64
import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

ISSUER = "https://issuer.test"
AUDIENCE = "parking"
Key = ECKey | OKPKey


def part(value: object) -> str:
    """One part of a token that no library would make."""
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Issuer:
    """Signs as auth does."""

    key: Key

    @classmethod
    def with_new_key(cls, kid: str) -> "Issuer":
        return cls(ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"}, private=True))

    @classmethod
    def edwards(cls, kid: str) -> "Issuer":
        return cls(OKPKey.generate_key("Ed25519", {"kid": kid, "use": "sig", "alg": "Ed25519"}, private=True))

    @property
    def algorithm(self) -> str:
        return str(self.key.alg)

    def jwks(self, *others: "Issuer") -> dict[str, Any]:
        return {"keys": [issuer.key.as_dict(private=False) for issuer in (self, *others)]}

    def header(self, **changes: object) -> dict[str, Any]:
        return _changed({"alg": self.algorithm, "typ": "at+jwt", "kid": self.key.kid}, changes)

    def claims(self, **changes: object) -> dict[str, Any]:
        now = int(time.time())
        usual = {
            "iss": ISSUER,
            "sub": "018f0000-0000-7000-8000-000000000001",
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 300,
            "jti": str(uuid4()),
            "sid": str(uuid4()),
            "client_id": "web",
            "scope": "write:reservation",
        }
        return _changed(usual, changes)

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])

    def token(self, **claims: object) -> str:
        return self.sign(self.header(), self.claims(**claims))


def _changed(usual: dict[str, Any], changes: dict[str, object]) -> dict[str, Any]:
    """The usual members with the changes; None takes a member out."""
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}
