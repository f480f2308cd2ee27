"""Signed tokens: charges for payment, credentials and lists for gates, quotes.

All are JWTs by ES256 (RFC 7519, 8725).
"""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from parking_kernel.money import Money
from parking_kernel.periods import Period
from reservation_service.adapters.crypto.plates import PlateHashes
from reservation_service.application.ports import SignedList
from reservation_service.domain.charges import Charge
from reservation_service.domain.errors import InvalidCredential, InvalidQuote
from reservation_service.domain.gate_lists import GateList, ListedReservation
from reservation_service.domain.quotes import Quote
from reservation_service.domain.reservations import ReservationState

ALGORITHM = "ES256"
ISSUER = "reservation"
CHARGE = "charge+jwt"
CREDENTIAL = "gate+jwt"
GATE_LIST = "gate-list+jwt"
QUOTE = "quote+jwt"
HALF_BYTES = 32  # of a signature on P-256
TAG_DIGITS = 32
CHARGE_LIFETIME = timedelta(minutes=15)


class SignedTokens:
    """See `reservation_service.application.ports.Tokens`."""

    def __init__(self, private_key_pem: str, *others_pem: str) -> None:
        """The first key signs. The `others`, of which the public half is enough, check what they signed before."""
        key = ECKey.import_key(private_key_pem)
        private = key.private_key
        assert private is not None, "the settings take nothing else"
        self._private = private
        known: dict[str, ECKey] = {}
        for each in (key, *map(ECKey.import_key, others_pem)):
            known.setdefault(each.thumbprint(), each)
        self._keys = KeySet(list(known.values()))  # which gives each its thumbprint for its id (RFC 7638)
        self._headers = {
            kind: _encoded({"alg": ALGORITHM, "typ": kind, "kid": key.kid})
            for kind in (CHARGE, CREDENTIAL, GATE_LIST, QUOTE)
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
            return UUID(str(self._claims(credential, CREDENTIAL, "gate").get("sub")))
        except (JoseError, ValueError) as error:
            raise InvalidCredential("The credential was not issued here, or is altered.") from error

    def quote_id(self, quote: Quote) -> str:
        """The quote itself: for this service alone, which checks it with the keys that it publishes."""
        claims = {
            "iss": ISSUER,
            "aud": ISSUER,
            "exp": int(quote.expires_at.timestamp()),
            "lot": str(quote.parking_lot_id),
            "spot_type": quote.spot_type,
            "from": quote.period.starts_at.isoformat(),
            "until": quote.period.ends_at.isoformat(),
            "tariff": str(quote.tariff_id),
            "amount": quote.total.amount,
            "currency": quote.total.currency,
        }
        return self._sign(QUOTE, claims)

    def quote_of(self, quote_id: str) -> Quote:
        """The quote of an id, expired or not: that is for the database's clock to say. Raises `InvalidQuote`."""
        try:
            claims = self._claims(quote_id, QUOTE, ISSUER)
        except (JoseError, ValueError) as error:
            raise InvalidQuote from error
        return Quote(
            parking_lot_id=UUID(claims["lot"]),
            spot_type=claims["spot_type"],
            period=Period(datetime.fromisoformat(claims["from"]), datetime.fromisoformat(claims["until"])),
            tariff_id=UUID(claims["tariff"]),
            total=Money(claims["amount"], claims["currency"]),
            expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        )

    def gate_list(self, listed: GateList) -> SignedList:
        """A gate's list, with hashed plates, as a JWS. The tag is of all that it says but of when it was signed."""
        plates = PlateHashes.of_day(self._private, listed.parking_lot_id, listed.since.date())
        says = {
            "iss": ISSUER,
            "aud": "gate",
            "lot": str(listed.parking_lot_id),
            "exp": int(listed.until.timestamp()),
            "from": _text(listed.since),
            "until": _text(listed.until),
            "opens_before_seconds": int(listed.opens_before.total_seconds()),
            "plate_salt": plates.salt_text,
            "reservations": [_listed(each, plates) for each in listed.reservations],
        }
        tag = sha256(self._headers[GATE_LIST] + json.dumps(says).encode()).hexdigest()[:TAG_DIGITS]
        return SignedList(self._sign(GATE_LIST, {**says, "iat": int(listed.made_at.timestamp())}), tag)

    def public_keys(self) -> dict[str, list[dict[str, object]]]:
        """The public halves as a JWKS document: payment and gates check with it. The key that signs comes first."""
        public = [{**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM} for key in self._keys]
        return {"keys": [dict(each) for each in public]}

    def _claims(self, token: str, kind: str, audience: str) -> dict[str, Any]:
        """What was signed here, of this kind and for this audience. Raises `JoseError` and `ValueError`."""
        decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
        if decoded.header.get("typ") != kind:
            raise ValueError("it is of another kind")
        registry = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": ISSUER}, aud={"essential": True, "value": audience}
        )
        registry.validate({name: value for name, value in decoded.claims.items() if name != "exp"})
        return decoded.claims

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


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _listed(each: ListedReservation, plates: PlateHashes) -> dict[str, object]:
    return {
        "reservation_id": str(each.id),
        "start_time": _text(each.period.starts_at),
        "end_time": _text(each.period.ends_at),
        "status": each.status.value,
        "spot_number": each.spot_number,
        "plate_hash": plates.of(each.vehicle_plate) if each.vehicle_plate else None,
    }
