"""The settings that all services share. Each service adds its own and its prefix, once, in its `settings.py`."""

import base64
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, TypedDict
from urllib.parse import unquote

from pydantic import AfterValidator, Field, PostgresDsn, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from parking_chassis.database import PoolSettings
from parking_chassis.sealing import Sealer

MIN_SECRET_LENGTH = 32
SEALING_KEY_BYTES = 32

TokenAlgorithm = Literal["ES256", "Ed25519", "HS256"]


def _certificates(value: str) -> str:
    try:
        ssl.create_default_context(cadata=value)
    except ssl.SSLError as error:
        raise ValueError(f"must be certificates in PEM ({error.reason})") from error
    return value


Certificates = Annotated[str, AfterValidator(_certificates)]
"""Of authorities, in PEM: those that are trusted instead of the system's."""


def _unguessable(value: SecretStr) -> SecretStr:
    tokens = value.get_secret_value().split(",")
    if any(len(each) < MIN_SECRET_LENGTH for each in tokens):
        raise ValueError(f"must have at least {MIN_SECRET_LENGTH} characters")
    # "old, new": the second would be a token that nobody shows.
    if any(each != each.strip() for each in tokens):
        raise ValueError("must have no blank at either end, nor beside a comma")
    return value


def _is_one(value: SecretStr) -> SecretStr:
    if "," in value.get_secret_value():
        raise ValueError("must be one token, without a comma: it is the service that is asked that takes several")
    return value


InternalToken = Annotated[SecretStr, AfterValidator(_is_one), AfterValidator(_unguessable)]
"""What a service shows to another one at `/internal`, and is known by (`parking_chassis.internal_access`)."""

InternalTokens = Annotated[SecretStr, AfterValidator(_unguessable)]
"""What a service takes at `/internal`: one token, or several by commas, any of which is good: the old and the new."""


def _keys_in(value: SecretStr) -> Sequence[bytes]:
    return [base64.b64decode(each, validate=True) for each in value.get_secret_value().split(",")]


def _sealing_keys(value: SecretStr) -> SecretStr:
    rule = f"must be {SEALING_KEY_BYTES} bytes in base64 (openssl rand -base64 32), or several of these, by commas"
    try:
        keys = _keys_in(value)
    except ValueError as error:
        raise ValueError(rule) from error
    if any(len(key) != SEALING_KEY_BYTES for key in keys):
        raise ValueError(rule)
    return value


SealingKeys = Annotated[SecretStr, AfterValidator(_sealing_keys)]
"""The key that seals, and after it those that sealed before and still open (`parking_chassis.sealing`)."""


def sealer_of(keys: SecretStr) -> Sealer:
    """What seals with the first key of a setting of the type `SealingKeys`, and opens with each."""
    return Sealer(*_keys_in(keys))


class KafkaAccess(TypedDict):
    """How Kafka is reached, as `parking_messaging.KafkaConnection` takes it."""

    bootstrap_servers: str
    security_protocol: str
    ca_certificates: str | None
    sasl_mechanism: str
    username: str | None
    password: str | None


class ServiceSettings(BaseSettings):
    """Read once at start from the environment (`<SERVICE>_<NAME>`); a wrong value ends the process and names itself.

    Durations are seconds.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    environment: Literal["production", "development", "test"] = "production"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    public_url: str = "https://localhost:8443"

    http_host: str = "127.0.0.1"
    http_port: int = 8000
    worker_port: int = 8001
    shutdown_grace: float = 8.0

    database_url: PostgresDsn
    database_read_url: PostgresDsn | None = None
    database_relay_url: PostgresDsn | None = None
    """Where the relay connects, if `database_url` leads through a pooler: its lock belongs to one session."""
    database_migration_url: PostgresDsn | None = None
    """Where `migrate` connects, and nothing else does: as the schema's owner. No running process may change it."""
    pool_size: Annotated[int, Field(ge=1)] = 20
    pool_recycle: int = 3600
    pool_timeout: float = 5.0
    statement_timeout: Annotated[float, Field(ge=0.1)] = 15.0
    """How long one statement may take before PostgreSQL ends it; `migrate` has no such limit."""

    redis_url: str = "redis://localhost:6379/0"
    kafka_bootstrap_servers: str = "localhost:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_ca_certificates: Certificates | None = None
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    topic_replication_factor: Annotated[int, Field(ge=1)] = 1
    """How many brokers hold each topic that `migrate` makes."""

    token_issuer: str
    token_audience: str = "parking"  # noqa: S105 - no secret
    token_algorithms: tuple[TokenAlgorithm, ...] = ("ES256", "Ed25519")
    token_shared_secret: SecretStr | None = None
    jwks_url: str = "http://localhost:8101/api/v1/auth/jwks.json"

    crash_points: Path | None = None
    """In the environment `test`: where orders to die at a named point are looked for."""

    otlp_endpoint: str | None = None
    trace_sample_ratio: Annotated[float, Field(ge=0, le=1)] = 0.1

    @property
    def running_roles(self) -> frozenset[str]:
        """The database roles of `serve` and `work`, as far as the addresses name them."""
        urls = (self.database_url, self.database_relay_url)
        names = (host["username"] for url in urls if url for host in url.hosts())
        return frozenset(unquote(name) for name in names if name)

    @property
    def pool(self) -> PoolSettings:
        """The pool of one engine."""
        return PoolSettings(self.pool_size, self.pool_recycle, self.pool_timeout, self.statement_timeout)

    @property
    def relay_url(self) -> str:
        """Where the relay connects: PostgreSQL itself."""
        return str(self.database_relay_url or self.database_url)

    @property
    def kafka(self) -> KafkaAccess:
        """How Kafka is reached."""
        return KafkaAccess(
            bootstrap_servers=self.kafka_bootstrap_servers,
            security_protocol=self.kafka_security_protocol,
            ca_certificates=self.kafka_ca_certificates,
            sasl_mechanism=self.kafka_sasl_mechanism,
            username=self.kafka_username,
            password=self.kafka_password.get_secret_value() if self.kafka_password else None,
        )

    @model_validator(mode="after")
    def _kafka_settings_fit_the_protocol(self) -> "ServiceSettings":
        named = (self.kafka_username is not None, self.kafka_password is not None)
        if named != (self.kafka_security_protocol.startswith("SASL"),) * 2:
            raise ValueError("kafka_username and kafka_password are required with SASL_…, and allowed only with it")
        if self.kafka_ca_certificates and not self.kafka_security_protocol.endswith("SSL"):
            raise ValueError("kafka_ca_certificates are allowed only with the protocols SSL and SASL_SSL")
        return self

    @model_validator(mode="after")
    def _crash_points_are_for_tests(self) -> "ServiceSettings":
        if self.crash_points and self.environment != "test":
            raise ValueError("crash_points is allowed only in the environment test")
        return self

    @model_validator(mode="after")
    def _shared_secret_goes_with_hs256(self) -> "ServiceSettings":
        if ("HS256" in self.token_algorithms) != (self.token_shared_secret is not None):
            raise ValueError("token_shared_secret is required with the algorithm HS256, and allowed only with it")
        if self.token_shared_secret and len(self.token_shared_secret.get_secret_value()) < MIN_SECRET_LENGTH:
            raise ValueError(f"token_shared_secret must have at least {MIN_SECRET_LENGTH} characters (RFC 7518, 3.2)")
        if "HS256" in self.token_algorithms and len(self.token_algorithms) > 1:
            raise ValueError("HS256 stands alone in token_algorithms: one secret or published keys, never both")
        return self


class AnsweringSettings(ServiceSettings):
    """Of a service that stores its answers to requests with an `Idempotency-Key`."""

    answer_keys: SealingKeys
    """Seal the stored answers, which may hold tokens. A key that goes too early makes a repeated request fail: an old
    one stays until the answers that it sealed are purged, after a week."""

    @property
    def answer_sealer(self) -> Sealer:
        """What seals the stored answers."""
        return sealer_of(self.answer_keys)
