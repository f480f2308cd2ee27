"""Auth's settings, from `AUTH_*` in the environment."""

import base64
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from parking_chassis.settings import MIN_SECRET_LENGTH, AnsweringSettings

MASTER_KEY_BYTES = 32
MIN_PRODUCTION_COST = 12


class AuthSettings(AnsweringSettings):
    """See `ServiceSettings` for what all services share."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    master_key: SecretStr
    """32 random bytes in base64; seals the private signing keys."""

    bcrypt_cost: Annotated[int, Field(ge=4, le=16)] = 12
    max_waiting_passwords: Annotated[int, Field(ge=1)] = 32
    """Password checks under way and waiting in a process; one more is answered 429."""

    internal_token: SecretStr | None = None
    """What other services show at `/internal`; without it nobody may ask there."""

    smtp_host: str = "localhost"
    smtp_port: int = 1025
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: bool = False
    mail_from: str = "Parking <no-reply@parking.example>"

    @field_validator("internal_token")
    @classmethod
    def _internal_token_cannot_be_guessed(cls, value: SecretStr | None) -> SecretStr | None:
        if value and len(value.get_secret_value()) < MIN_SECRET_LENGTH:
            raise ValueError(f"must have at least {MIN_SECRET_LENGTH} characters")
        return value

    @field_validator("master_key")
    @classmethod
    def _master_key_has_256_bits(cls, value: SecretStr) -> SecretStr:
        if len(base64.b64decode(value.get_secret_value(), validate=True)) != MASTER_KEY_BYTES:
            raise ValueError(f"must be {MASTER_KEY_BYTES} bytes in base64 (openssl rand -base64 32)")
        return value

    @model_validator(mode="after")
    def _counts_what_it_signs(self) -> "AuthSettings":
        if not {"ES256", "HS256"}.intersection(self.token_algorithms):
            raise ValueError("token_algorithms must name ES256 (or HS256): it is what auth signs with")
        return self

    @model_validator(mode="after")
    def _production_is_slow_enough(self) -> "AuthSettings":
        if self.environment == "production" and self.bcrypt_cost < MIN_PRODUCTION_COST:
            raise ValueError(f"bcrypt_cost must be at least {MIN_PRODUCTION_COST} in production")
        return self

    @property
    def master_key_bytes(self) -> bytes:
        """The master key itself."""
        return base64.b64decode(self.master_key.get_secret_value())
