"""Who asks: access tokens as auth makes them, charge tokens as reservation makes them."""

import base64
import time
from dataclasses import dataclass, field
from uuid import UUID, uuid4, uuid5

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

SECRET = "a shared secret for tests, long enough for HS256"
ANSWER_KEY = base64.b64encode(bytes(32)).decode()
INTERNAL_TOKEN = "an internal token of more than 32 characters"
ISSUER = "https://parking.test"
DRIVER = "read:parking write:reservation read:own_data"
OPERATOR = "read:parking write:parking read:analytics read:reservation operate:gate"


@dataclass(frozen=True)
class Owed:
    """What a driver owes, as reservation would know it."""

    user_id: UUID = field(default_factory=uuid4)
    charge_id: UUID = field(default_factory=uuid4)
    reservation_id: UUID = field(default_factory=uuid4)
    organization_id: UUID = field(default_factory=uuid4)
    parking_lot_id: UUID = field(default_factory=uuid4)
    amount: int = 1250
    tax: int = 89
    currency: str = "CHF"


class People:
    """Signs people in, and signs their charges."""

    def __init__(self, reservation_key: ec.EllipticCurvePrivateKey) -> None:
        pem = reservation_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._key = ECKey.import_key(pem)

    def charge_token(self, owed: Owed, *, header: dict[str, str] | None = None, **changes: object) -> str:
        claims = {
            "iss": "reservation",
            "aud": "payment",
            "sub": str(owed.user_id),
            "iat": int(time.time()),
            "exp": int(time.time()) + 900,
            "charge_id": str(owed.charge_id),
            "reservation_id": str(owed.reservation_id),
            "organization_id": str(owed.organization_id),
            "parking_lot_id": str(owed.parking_lot_id),
            "reason": "booking",
            "amount": owed.amount,
            "tax": owed.tax,
            "currency": owed.currency,
            **changes,
        }
        return jwt.encode({"alg": "ES256", "typ": "charge+jwt", **(header or {})}, claims, self._key)

    def signed_in(
        self, user_id: UUID | None = None, *, scope: str = DRIVER, organizations: tuple[UUID, ...] = ()
    ) -> dict[str, str]:
        claims = {
            "iss": ISSUER,
            "aud": "parking",
            "sub": str(user_id or uuid4()),
            "client_id": "test",
            "iat": int(time.time()),
            "exp": int(time.time()) + 600,
            "scope": scope,
            "organizations": [str(each) for each in organizations],
        }
        token = jwt.encode({"alg": "HS256", "typ": "at+jwt"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
        return {"Authorization": f"Bearer {token}"}

    def operator_of(self, organization_id: UUID) -> dict[str, str]:
        """The organization's one operator."""
        user_id = uuid5(organization_id, "operator")
        return self.signed_in(user_id, scope=OPERATOR, organizations=(organization_id,))
