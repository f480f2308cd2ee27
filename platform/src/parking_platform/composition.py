"""Which servers and processes the platform has, made from its settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from parking_platform.layout import Layout
from parking_platform.ports import LOOPBACK
from parking_platform.programs import CHECKOUT
from parking_platform.secret_store import SecretStore, public_half
from parking_platform.servers.elasticsearch import Elasticsearch
from parking_platform.servers.kafka import Kafka
from parking_platform.servers.mail_catcher import MailCatcher
from parking_platform.servers.nginx import Nginx
from parking_platform.servers.postgres import Postgres
from parking_platform.servers.redis import Redis
from parking_platform.servers.server import Server
from parking_platform.servers.service import ServiceProcess
from parking_platform.servers.stripe_simulator import StripeKeys, StripeSimulator
from parking_platform.settings import PlatformSettings, Profile, Use
from parking_platform.tls import Certificates

TOKEN_AUDIENCE = "parking"  # noqa: S105 - not a secret
JWKS_PATH = "/api/v1/auth/jwks.json"
WEBHOOK_PATH = "/api/v1/webhooks/stripe"


@dataclass(frozen=True, kw_only=True)
class Composition:
    """All parts. `durable` says whether the data must outlive a crash of the machine."""

    settings: PlatformSettings
    layout: Layout
    secrets: SecretStore
    profile: Profile
    durable: bool = True

    @property
    def postgres(self) -> Postgres:
        """The cluster."""
        return Postgres(
            directory=self.layout.server("postgres"),
            port=self.settings.ports["postgres"],
            superuser_password=self.secrets.password("postgres.superuser"),
            durable=self.durable,
        )

    @property
    def redis(self) -> Redis:
        """The cache."""
        directory = self.layout.server("redis")
        return Redis(directory=directory, port=self.settings.ports["redis"], durable=self.durable)

    @property
    def kafka(self) -> Kafka:
        """The broker."""
        return Kafka(
            directory=self.layout.server("kafka"),
            port=self.settings.ports["kafka"],
            controller_port=self.settings.ports["kafka_controller"],
            durable=self.durable,
        )

    @property
    def elasticsearch(self) -> Elasticsearch:
        """The search node."""
        return Elasticsearch(
            directory=self.layout.server("elasticsearch"),
            port=self.settings.ports["elasticsearch"],
            transport_port=self.settings.ports["elasticsearch_transport"],
            durable=self.durable,
        )

    @property
    def mail_catcher(self) -> MailCatcher:
        """Where all mail ends."""
        return MailCatcher(
            directory=self.layout.server("mail-catcher"),
            smtp_port=self.settings.ports["mail_smtp"],
            http_port=self.settings.ports["mail_http"],
        )

    @property
    def stripe_simulator(self) -> StripeSimulator:
        """The payment provider."""
        receiver = f"{self._upstream('payment')}{WEBHOOK_PATH}" if "payment" in self.settings.services else ""
        return StripeSimulator(
            directory=self.layout.server("stripe-simulator"),
            port=self.settings.ports["stripe"],
            keys=self._stripe_keys,
            webhook_url=f"http://{receiver}" if receiver else "",
        )

    @property
    def certificates(self) -> Certificates:
        """The gateway's certificate and who vouches for it."""
        return Certificates(self.layout.tls)

    @property
    def nginx(self) -> Nginx:
        """The gateway."""
        rates = {f"RATE_{name.upper()}": str(rate) for name, rate in self.profile.rates.items()}
        upstreams = {f"{name.upper()}_UPSTREAM": self._upstream(name) for name in self.settings.databases}
        return Nginx(
            directory=self.layout.server("gateway"),
            source=CHECKOUT / "gateway",
            logs=self.layout.logs / "gateway",
            port=self.settings.ports["gateway"],
            authority=self.certificates.authority,
            variables={
                "GATEWAY_WORKERS": str(self.profile.gateway_workers),
                "TLS_CERTIFICATE": str(self.certificates.certificate),
                "TLS_CERTIFICATE_KEY": str(self.certificates.key),
                "TOKEN_ISSUER": self.public_url,
                "TOKEN_AUDIENCE": TOKEN_AUDIENCE,
                "TOKEN_CHECK": "on",
                **upstreams,
                **rates,
            },
        )

    @property
    def public_url(self) -> str:
        """What browsers and apps connect to; also the tokens' issuer."""
        return f"https://localhost:{self.settings.ports['gateway']}"

    @property
    def backing(self) -> tuple[Server, ...]:
        """The servers that the services need, which do not need each other."""
        return (
            self.postgres,
            self.redis,
            self.kafka,
            self.elasticsearch,
            self.mail_catcher,
            self.stripe_simulator,
        )

    @property
    def services(self) -> tuple[ServiceProcess, ...]:
        """Two processes for each service."""
        return tuple(
            ServiceProcess(
                service=name,
                subcommand=subcommand,
                directory=self.layout.server(name),
                port=self.settings.ports[port_name],
                port_name=port_name,
                environment=self.service_environment(name),
            )
            for name in self.settings.services
            for subcommand, port_name in (("serve", name), ("work", f"{name}_worker"))
        )

    @property
    def phases(self) -> tuple[tuple[Server, ...], ...]:
        """Everything, in the order of starting; stopping goes the other way round."""
        return (self.backing, self.services, (self.nginx,))

    def database_url(self, name: str) -> str:
        """The URL of one service's database, as its own role."""
        return self.postgres.url(name, role=name, password=self.secrets.password(f"postgres.{name}"))

    def service_environment(self, name: str) -> Mapping[str, str]:
        """The settings of one service, as `<SERVICE>_<SETTING>`."""
        ports = self.settings.ports
        values = {
            "ENVIRONMENT": "development",
            "LOG_LEVEL": self.profile.log_level,
            "PUBLIC_URL": self.public_url,
            "HTTP_HOST": LOOPBACK,
            "HTTP_PORT": str(ports[name]),
            "WORKER_PORT": str(ports[f"{name}_worker"]),
            "DATABASE_URL": self.database_url(name),
            "POOL_SIZE": str(self.profile.pool_size),
            "MAX_OVERFLOW": str(self.profile.max_overflow),
            "REDIS_URL": self.redis.url(list(self.settings.databases).index(name)),
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap_servers,
            "TOKEN_ISSUER": self.public_url,
            "TOKEN_AUDIENCE": TOKEN_AUDIENCE,
            "JWKS_URL": f"http://{self._upstream('auth')}{JWKS_PATH}",
        }
        for use in self.settings.services[name].uses:
            values |= self._used(use, name)
        return {f"{name.upper()}_{setting}": value for setting, value in values.items()}

    def _used(self, use: Use, service: str) -> Mapping[str, str]:
        made: Mapping[Use, Callable[[], Mapping[str, str]]] = {
            "mail": lambda: {"SMTP_HOST": LOOPBACK, "SMTP_PORT": str(self.settings.ports["mail_smtp"])},
            "master_key": lambda: {"MASTER_KEY": self.secrets.key(f"{service}.master_key")},
            "signing_key": lambda: {"SIGNING_KEY": self.secrets.signing_key(f"{service}.signing_key")},
            "charge_key": lambda: {"CHARGE_KEY": public_half(self.secrets.signing_key("reservation.signing_key"))},
            "internal_token": lambda: {"INTERNAL_TOKEN": self.secrets.password("internal_token")},
            "auth_url": lambda: {"AUTH_URL": f"http://{self._upstream('auth')}"},
            "elasticsearch": lambda: {"ELASTICSEARCH_URL": self.elasticsearch.url},
            "stripe": self._stripe,
        }
        return made[use]()

    def _stripe(self) -> Mapping[str, str]:
        keys = self._stripe_keys
        return {
            "STRIPE_API_BASE": self.stripe_simulator.url,
            "STRIPE_SECRET_KEY": keys.secret_key,
            "STRIPE_PUBLISHABLE_KEY": keys.publishable_key,
            "STRIPE_WEBHOOK_SECRET": keys.webhook_secret,
        }

    @property
    def _stripe_keys(self) -> StripeKeys:
        def key(kind: str) -> str:
            return self.secrets.password(f"stripe.{kind}").replace("-", "").replace("_", "")

        return StripeKeys(
            secret_key=f"sk_test_{key('secret_key')}",
            publishable_key=f"pk_test_{key('publishable_key')}",
            webhook_secret=f"whsec_{key('webhook_secret')}",
        )

    def _upstream(self, service: str) -> str:
        return f"{LOOPBACK}:{self.settings.ports[service]}"
