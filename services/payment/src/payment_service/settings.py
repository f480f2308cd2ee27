"""Payment's settings, from `PAYMENT_*` in the environment."""

import base64
from collections.abc import Sequence
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from parking_chassis.settings import AnsweringSettings, InternalTokens


class PaymentSettings(AnsweringSettings):
    """See `AnsweringSettings` for what services share. Durations are seconds."""

    model_config = SettingsConfigDict(env_prefix="PAYMENT_")

    charge_key: str
    """Reservation's public P-256 key, SubjectPublicKeyInfo as DER in base64: checks charge tokens.

    Several, by commas, while reservation's key is rotated: a token names the one that it is checked with.
    """

    internal_token: InternalTokens
    """What reservation shows at `/internal`: its `RESERVATION_INTERNAL_TOKEN`. Several, by commas, are all good."""

    stripe_secret_key: SecretStr
    stripe_publishable_key: str
    stripe_webhook_secret: SecretStr
    stripe_api_base: str | None = None
    """Where Stripe's API is; Stripe's own address unless given. The simulator is given here."""
    stripe_timeout: Annotated[float, Field(gt=0)] = 4.0
    """How long one attempt of a call may take."""
    stripe_deadline: Annotated[float, Field(gt=0, lt=30)] = 10.0
    """How long a call may take with its repetitions; less than the 30 seconds for which a key is leased."""

    unknown_after: Annotated[float, Field(gt=0)] = 60.0
    """After how long the provider is asked about what it sent no message of."""
    comparison_window: Annotated[float, Field(gt=0)] = 172_800.0
    """How far back the daily comparison with the provider goes."""
    unsettled_after: Annotated[float, Field(gt=0)] = 600.0
    """After how long captured money that pays for nothing raises an alarm."""

    @field_validator("charge_key")
    @classmethod
    def _charge_keys_are_p256(cls, value: str) -> str:
        for each in value.split(","):
            _public_key(each)
        return value

    @property
    def charge_keys_pem(self) -> Sequence[str]:
        """The keys as PEM."""
        keys = map(_public_key, self.charge_key.split(","))
        return [key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in keys]


def _public_key(text: str) -> EllipticCurvePublicKey:
    match load_der_public_key(base64.b64decode(text, validate=True)):
        case EllipticCurvePublicKey(curve=SECP256R1()) as key:
            return key
        case _:
            raise ValueError("must be a public key on the curve P-256 (SubjectPublicKeyInfo, DER, base64)")
