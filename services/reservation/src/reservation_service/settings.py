"""Reservation's settings, from `RESERVATION_*` in the environment."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from parking_chassis.database import PoolSettings
from parking_chassis.settings import AnsweringSettings, InternalToken, InternalTokens


class ReservationSettings(AnsweringSettings):
    """See `AnsweringSettings` for what other services have too."""

    model_config = SettingsConfigDict(env_prefix="RESERVATION_")

    signing_key: SecretStr
    """A private P-256 key, PKCS 8 as DER in base64: signs charge tokens, gate credentials and lists.

    After it, by commas, those that signed before or will sign next, whole or their public half (SubjectPublicKeyInfo):
    they check, and are published.
    """

    payment_url: str = "http://localhost:8104"
    """Where payment answers internally, past the gateway."""

    internal_token: InternalToken
    """What payment knows this service by: its `PAYMENT_INTERNAL_TOKEN`."""

    notification_token: InternalTokens | None = None
    """What notification shows at `/internal`: its `NOTIFICATION_RESERVATION_TOKEN`. Several, by commas, are all good;
    without it nobody may ask there, and mails about operators' cancellations wait."""

    booking_pool_size: Annotated[int, Field(ge=1)] = 10
    """Connections of the booking path, beside the ordinary pool."""
    booking_patience: float = 15.0
    """How long a booking waits in the one queue for such a connection, before it is answered 503 (seconds)."""

    check_in_opens_before: Annotated[int, Field(ge=0)] = 900
    """How long before the start of a reservation its gate opens (seconds)."""

    least_stay: Annotated[int, Field(ge=0)] = 900
    """How long a reservation is at least (seconds)."""

    supply_changes_stored_for: Annotated[int, Field(ge=86_400)] = 90 * 86_400
    """How long a supply change is stored after the last booking in its way was decided (seconds)."""

    @field_validator("signing_key")
    @classmethod
    def _signing_keys_are_p256(cls, value: SecretStr) -> SecretStr:
        first, *others = value.get_secret_value().split(",")
        _private_key(first)
        for each in others:
            _any_key(each)
        return value

    @property
    def pool(self) -> PoolSettings:
        """The pool of one engine. Most of what it is asked is about partitioned tables."""
        return replace(super().pool, generic_plans=True)

    @property
    def signing_keys_pem(self) -> Sequence[str]:
        """The keys as PEM: the one that signs, and the public halves of the others."""
        first, *others = self.signing_key.get_secret_value().split(",")
        return [_private_pem(_private_key(first)), *(_public_pem(_any_key(each)) for each in others)]


def _private_key(text: str) -> EllipticCurvePrivateKey:
    match load_der_private_key(base64.b64decode(text, validate=True), password=None):
        case EllipticCurvePrivateKey(curve=SECP256R1()) as key:
            return key
        case _:
            raise ValueError("must be a private key on the curve P-256 (PKCS 8, DER, base64)")


def _any_key(text: str) -> EllipticCurvePublicKey:
    """The public half of a key, whichever half is given."""
    try:
        return _private_key(text).public_key()
    except ValueError:
        match load_der_public_key(base64.b64decode(text, validate=True)):
            case EllipticCurvePublicKey(curve=SECP256R1()) as key:
                return key
            case _:
                raise ValueError("must be keys on the curve P-256, by commas, the private one first") from None


def _private_pem(key: EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public_pem(key: EllipticCurvePublicKey) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
