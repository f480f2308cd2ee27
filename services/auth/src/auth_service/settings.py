"""Auth's settings, from `AUTH_*` in the environment."""

from typing import Annotated

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from parking_chassis.sealing import Sealer
from parking_chassis.settings import AnsweringSettings, InternalTokens, SealingKeys, sealer_of

MIN_PRODUCTION_COST = 12


class AuthSettings(AnsweringSettings):
    """See `ServiceSettings` for what all services share."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    master_key: SealingKeys
    """32 random bytes in base64; seals the private signing keys. After it, by commas, older ones, which still open."""

    bcrypt_cost: Annotated[int, Field(ge=4, le=16)] = 12
    max_waiting_passwords: Annotated[int, Field(ge=1)] = 32
    """Password checks under way and waiting in a process; one more is answered 429."""

    internal_token: InternalTokens | None = None
    """What other services show at `/internal`; several, by commas, are all good; without it nobody may ask there."""

    smtp_host: str = "localhost"
    smtp_port: int = 1025
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: bool = False
    mail_from: str = "Parking <no-reply@parking.example>"

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
    def master_sealer(self) -> Sealer:
        """What seals the private signing keys."""
        return sealer_of(self.master_key)
