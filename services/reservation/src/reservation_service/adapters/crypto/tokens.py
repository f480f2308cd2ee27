"""Signed tokens: a charge for payment, a credential for the gate. Both are JWTs by ES256 (RFC 7519, 8725)."""

import json
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from reservation_service.domain.charges import Charge
from reservation_service.domain.errors import InvalidCredential
from reservation_service.domain.reservations import ReservationState

ALGORITHM = "ES256"
ISSUER = "reservation"
CHARGE = "charge+jwt"
CREDENTIAL = "gate+jwt"
HALF_BYTES = 32  # of a signature on P-256
CHARGE_LIFETIME = timedelta(minutes=15)


class SignedTokens:
    """See `reservation_service.application.ports.Tokens`."""

    def __init__(self, private_key_pem: str) -> None:
        self._key = ECKey.import_key(private_key_pem)
        self._key.ensure_kid()
        private = self._key.private_key
        assert private is not None, "the settings take nothing else"
        self._private = private
        self._headers = {
            kind: _encoded({"alg": ALGORITHM, "typ": kind, "kid": self._key.kid}) for kind in (CHARGE, CREDENTIAL)
        }

    def charge(self, reservation: ReservationState, charge: Charge, at: datetime) -> str:
        """A token that `POST /payments` accepts: until the hold ends, else for a quarter of an hour from `at`."""
        expires_at = reservation.hold_expires_at or at + CHARGE_LIFETIME
        claims = {
            "iss": ISSUER,
            "aud": "payment",
            "sub": str(reservation.user_id),
            "iat": int(at.timestamp()),
            "exp": int(expires_at.timestamp()),
            "charge_id": str(charge.id),
            "reservation_id": str(reservation.id),
            "organization_id": str(reservation.organization_id),
            "parking_lot_id": str(reservation.parking_lot_id),
            "reason": charge.reason.value,
            "amount": charge.amount.amount,
            "tax": charge.tax.amount,
            "currency": charge.amount.currency,
        }
        return self._sign(CHARGE, claims)

    def credential(self, reservation: ReservationState) -> str:
        """What the QR code holds: reservation and lot, never the spot."""
        claims = {
            "iss": ISSUER,
            "aud": "gate",
            "sub": str(reservation.id),
            "lot": str(reservation.parking_lot_id),
            "nbf": int(reservation.created_at.timestamp()),
        }
        return self._sign(CREDENTIAL, claims)

    def reservation_of(self, credential: str) -> UUID:
        """The reservation of a credential. Raises `InvalidCredential`."""
        try:
            decoded = jwt.decode(credential, self._key, algorithms=[ALGORITHM])
            registry = jwt.JWTClaimsRegistry(
                iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": "gate"}
            )
            if decoded.header.get("typ") != CREDENTIAL:
                raise InvalidCredential("The credential is of another kind.")
            registry.validate(decoded.claims)
            return UUID(str(decoded.claims.get("sub")))
        except (JoseError, ValueError) as error:
            raise InvalidCredential("The credential was not issued here, or is altered.") from error

    def public_keys(self) -> dict[str, list[dict[str, object]]]:
        """The public half as a JWKS document: payment and gates check with it."""
        public = {**self._key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}
        return {"keys": [dict(public)]}

    def _sign(self, kind: str, claims: dict[str, object]) -> str:
        # Compact JWS (RFC 7515, 7518 3.4) directly: of a general encoder's time only a third is the signature.
        signed = self._headers[kind] + b"." + _encoded(claims)
        r, s = decode_dss_signature(self._private.sign(signed, ECDSA(SHA256())))
        signature = r.to_bytes(HALF_BYTES) + s.to_bytes(HALF_BYTES)
        return (signed + b"." + _base64url(signature)).decode()


def _encoded(part: dict[str, object]) -> bytes:
    return _base64url(json.dumps(part, separators=(",", ":")).encode())


def _base64url(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")
