"""What each process of ours finds in its environment: the same settings everywhere, at other addresses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from parking_platform.databases import owner_of
from parking_platform.ports import LOOPBACK
from parking_platform.secret_store import SecretStore, public_halves
from parking_platform.servers.stripe_simulator import StripeKeys
from parking_platform.settings import PlatformSettings, Profile, Use

TOKEN_AUDIENCE = "parking"  # noqa: S105 - not a secret
JWKS_PATH = "/api/v1/auth/jwks.json"
WEBHOOK_PATH = "/api/v1/webhooks/stripe"


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the processes find each other, as `host:port`. They listen on `listen_on`."""

    listen_on: str
    postgres: str
    redis: str
    kafka: str
    elasticsearch: str
    mail_smtp: str
    stripe: str
    services: Mapping[str, str]
    worker_ports: Mapping[str, int]

    @classmethod
    def on_loopback(cls, settings: PlatformSettings) -> Self:
        """All processes on this machine, each on its port."""

        def at(port_name: str) -> str:
            return f"{LOOPBACK}:{settings.ports[port_name]}"

        return cls(
            listen_on=LOOPBACK,
            postgres=at("postgres"),
            redis=at("redis"),
            kafka=at("kafka"),
            elasticsearch=at("elasticsearch"),
            mail_smtp=at("mail_smtp"),
            stripe=at("stripe"),
            services={name: at(name) for name in settings.databases},
            worker_ports={name: settings.ports[f"{name}_worker"] for name in settings.databases},
        )

    @classmethod
    def in_containers(cls, settings: PlatformSettings) -> Self:
        """Each process in a container that bears its name: see docker-compose.yml."""
        return cls(
            listen_on="0.0.0.0",  # noqa: S104 - of its container
            postgres="postgres:5432",
            redis="redis:6379",
            kafka="kafka:19092",
            elasticsearch="elasticsearch:9200",
            mail_smtp="mail-catcher:11025",
            stripe="stripe-simulator:12111",
            services={name: f"{name}-serve:8000" for name in settings.databases},
            worker_ports=dict.fromkeys(settings.databases, 8001),
        )


@dataclass(frozen=True, kw_only=True)
class Environments:
    """The settings of all processes of ours."""

    settings: PlatformSettings
    secrets: SecretStore
    profile: Profile
    addresses: Addresses

    @property
    def public_url(self) -> str:
        """What browsers and apps connect to; also the tokens' issuer."""
        return f"https://localhost:{self.settings.ports['gateway']}"

    @property
    def superuser_password(self) -> str:
        """PostgreSQL's superuser's."""
        return self.secrets.password("postgres.superuser")

    def database_password(self, name: str) -> str:
        """That of a role: a service's own, which bears its database's name, or the owner's."""
        return self.secrets.password(f"postgres.{name}")

    @property
    def database_passwords(self) -> Mapping[str, str]:
        """Those of both roles of each database."""
        roles = (role for name in self.settings.databases for role in (name, owner_of(name)))
        return {role: self.database_password(role) for role in roles}

    def database_url(self, name: str) -> str:
        """The URL of one service's database, as the role that it runs as."""
        return self._database_url(name, name)

    def migration(self, name: str) -> Mapping[str, str]:
        """What `migrate` finds besides, and no process that runs on: the way to the database as its owner."""
        return {f"{name.upper()}_DATABASE_MIGRATION_URL": self.owner_url(name)}

    def owner_url(self, name: str) -> str:
        """The URL of one service's database, as the role that owns it."""
        return self._database_url(name, owner_of(name))

    def service(self, name: str) -> Mapping[str, str]:
        """The settings of one service, as `<SERVICE>_<SETTING>`."""
        here = self.addresses
        values = {
            "ENVIRONMENT": "development",
            "LOG_LEVEL": self.profile.log_level,
            "PUBLIC_URL": self.public_url,
            "HTTP_HOST": here.listen_on,
            "HTTP_PORT": here.services[name].rpartition(":")[2],
            "WORKER_PORT": str(here.worker_ports[name]),
            "DATABASE_URL": self.database_url(name),
            "POOL_SIZE": str(self.profile.pool_size),
            "REDIS_URL": f"redis://{here.redis}/{list(self.settings.databases).index(name)}",
            "KAFKA_BOOTSTRAP_SERVERS": here.kafka,
            "TOKEN_ISSUER": self.public_url,
            "TOKEN_AUDIENCE": TOKEN_AUDIENCE,
            "JWKS_URL": f"http://{here.services['auth']}{JWKS_PATH}",
            "TRACE_SAMPLE_RATIO": str(self.settings.traces.sample_ratio),
        }
        if self.settings.traces.otlp_endpoint:
            values["OTLP_ENDPOINT"] = self.settings.traces.otlp_endpoint
        for use in self.settings.services[name].uses:
            values |= self._used(use, name)
        return {f"{name.upper()}_{setting}": value for setting, value in values.items()}

    @property
    def gateway(self) -> Mapping[str, str]:
        """What fills the gateway's templates and does not depend on where its files lie."""
        upstreams = {f"{name.upper()}_UPSTREAM": address for name, address in self.addresses.services.items()}
        rates = {f"RATE_{name.upper()}": str(rate) for name, rate in self.profile.rates.items()}
        return {
            "GATEWAY_WORKERS": str(self.profile.gateway_workers),
            "TOKEN_ISSUER": self.public_url,
            "TOKEN_AUDIENCE": TOKEN_AUDIENCE,
            "TOKEN_CHECK": "on",
            "TRACE_SAMPLE_PERCENT": f"{self.settings.traces.sample_ratio * 100:.2f}",
            **upstreams,
            **rates,
        }

    @property
    def webhook_url(self) -> str:
        """Where the payment provider sends its webhooks; empty without a payment service."""
        if "payment" not in self.settings.services:
            return ""
        return f"http://{self.addresses.services['payment']}{WEBHOOK_PATH}"

    @property
    def stripe_keys(self) -> StripeKeys:
        """The simulated account's keys."""

        def key(kind: str) -> str:
            return self.secrets.password(f"stripe.{kind}").replace("-", "").replace("_", "")

        return StripeKeys(
            secret_key=f"sk_test_{key('secret_key')}",
            publishable_key=f"pk_test_{key('publishable_key')}",
            webhook_secret=f"whsec_{key('webhook_secret')}",
        )

    def _database_url(self, database: str, role: str) -> str:
        password = quote(self.database_password(role), safe="")
        return f"postgresql://{role}:{password}@{self.addresses.postgres}/{database}"

    def _used(self, use: Use, service: str) -> Mapping[str, str]:
        made: Mapping[Use, Callable[[], Mapping[str, str]]] = {
            "mail": self._mail,
            "master_key": lambda: {"MASTER_KEY": self.secrets.key(f"{service}.master_key")},
            "answer_keys": lambda: {"ANSWER_KEYS": self.secrets.key(f"{service}.answer_key")},
            "signing_key": lambda: {"SIGNING_KEY": self.secrets.signing_key(f"{service}.signing_key")},
            "charge_key": lambda: {"CHARGE_KEY": public_halves(self.secrets.signing_key("reservation.signing_key"))},
            "internal_token": lambda: {
                "INTERNAL_TOKEN": self._internal_token("internal_token", asked=service == "auth")
            },
            "auth_url": lambda: {"AUTH_URL": f"http://{self.addresses.services['auth']}"},
            "payment_token": lambda: {
                "INTERNAL_TOKEN": self._internal_token("payment_token", asked=service == "payment")
            },
            "payment_url": lambda: {"PAYMENT_URL": f"http://{self.addresses.services['payment']}"},
            "notification_token": lambda: {"NOTIFICATION_TOKEN": self._internal_token("reservation_token", asked=True)},
            "reservation_token": lambda: {"RESERVATION_TOKEN": self._internal_token("reservation_token", asked=False)},
            "reservation_url": lambda: {"RESERVATION_URL": f"http://{self.addresses.services['reservation']}"},
            "elasticsearch": lambda: {"ELASTICSEARCH_URL": f"http://{self.addresses.elasticsearch}"},
            "stripe": self._stripe,
        }
        return made[use]()

    def _internal_token(self, name: str, *, asked: bool) -> str:
        """While it is rotated there are several, by commas: who is asked takes each, who asks shows the first."""
        tokens = self.secrets.password(name)
        return tokens if asked else tokens.partition(",")[0]

    def _mail(self) -> Mapping[str, str]:
        host, _, port = self.addresses.mail_smtp.rpartition(":")
        return {"SMTP_HOST": host, "SMTP_PORT": port}

    def _stripe(self) -> Mapping[str, str]:
        return {
            "STRIPE_API_BASE": f"http://{self.addresses.stripe}",
            "STRIPE_SECRET_KEY": self.stripe_keys.secret_key,
            "STRIPE_PUBLISHABLE_KEY": self.stripe_keys.publishable_key,
            "STRIPE_WEBHOOK_SECRET": self.stripe_keys.webhook_secret,
        }
