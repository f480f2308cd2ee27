"""Reservation's settings, from `RESERVATION_*` in the environment."""

import base64
from dataclasses import replace
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from parking_chassis.database import PoolSettings
from parking_chassis.settings import AnsweringSettings, InternalToken


class ReservationSettings(AnsweringSettings):
    """See `AnsweringSettings` for what other services have too."""

    model_config = SettingsConfigDict(env_prefix="RESERVATION_")

    signing_key: SecretStr
    """A private P-256 key, PKCS 8 as DER in base64: signs charge tokens and gate credentials."""

    payment_url: str = "http://localhost:8104"
    """Where payment answers internally, past the gateway."""

    internal_token: InternalToken
    """What payment knows this service by: its `PAYMENT_INTERNAL_TOKEN`."""

    booking_pool_size: Annotated[int, Field(ge=1)] = 10
    """Connections of the booking path, beside the ordinary pool."""
    booking_patience: float = 15.0
    """How long a booking waits in the one queue for such a connection, before it is answered 503 (seconds)."""

    check_in_opens_before: Annotated[int, Field(ge=0)] = 900
    """How long before the start of a reservation its gate opens (seconds)."""

    least_stay: Annotated[int, Field(ge=0)] = 900
    """How long a reservation is at least (seconds)."""

    @field_validator("signing_key")
    @classmethod
    def _signing_key_is_p256(cls, value: SecretStr) -> SecretStr:
        _private_key(value.get_secret_value())
        return value

    @property
    def pool(self) -> PoolSettings:
        """The pool of one engine. Most of what it is asked is about partitioned tables."""
        return replace(super().pool, generic_plans=True)

    @property
    def signing_key_pem(self) -> str:
        """The key as PEM."""
        key = _private_key(self.signing_key.get_secret_value())
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _private_key(text: str) -> EllipticCurvePrivateKey:
    match load_der_private_key(base64.b64decode(text, validate=True), password=None):
        case EllipticCurvePrivateKey(curve=SECP256R1()) as key:
            return key
        case _:
            raise ValueError("must be a private key on the curve P-256 (PKCS 8, DER, base64)")
