"""Which servers and processes the platform has, made from its settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parking_platform.environments import Addresses, Environments
from parking_platform.layout import Layout
from parking_platform.programs import CHECKOUT
from parking_platform.secret_store import SecretStore
from parking_platform.servers.elasticsearch import Elasticsearch
from parking_platform.servers.gateway_spans import GatewaySpans
from parking_platform.servers.kafka import Kafka
from parking_platform.servers.mail_catcher import MailCatcher
from parking_platform.servers.nginx import Nginx
from parking_platform.servers.postgres import Postgres
from parking_platform.servers.redis import Redis
from parking_platform.servers.server import Server
from parking_platform.servers.service import ServiceProcess
from parking_platform.servers.stripe_simulator import StripeSimulator
from parking_platform.settings import PlatformSettings, Profile
from parking_platform.tls import Certificates


@dataclass(frozen=True, kw_only=True)
class Composition:
    """All parts. `durable` says whether the data must outlive a crash of the machine.

    `overrides` are settings of services that shall differ here, by their variables' names (`PAYMENT_UNKNOWN_AFTER`).
    """

    settings: PlatformSettings
    layout: Layout
    secrets: SecretStore
    profile: Profile
    durable: bool = True
    overrides: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def environments(self) -> Environments:
        """The settings of all processes, which find each other on loopback."""
        return Environments(
            settings=self.settings,
            secrets=self.secrets,
            profile=self.profile,
            addresses=Addresses.on_loopback(self.settings),
        )

    @property
    def postgres(self) -> Postgres:
        """The cluster."""
        return Postgres(
            directory=self.layout.server("postgres"),
            port=self.settings.ports["postgres"],
            superuser_password=self.environments.superuser_password,
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
        return StripeSimulator(
            directory=self.layout.server("stripe-simulator"),
            port=self.settings.ports["stripe"],
            keys=self.environments.stripe_keys,
            webhook_url=self.environments.webhook_url,
        )

    @property
    def gateway_spans(self) -> GatewaySpans | None:
        """What sends the gateway's spans, where there is somewhere to send them."""
        endpoint = self.settings.traces.otlp_endpoint
        return GatewaySpans(directory=self.layout.server("gateway-spans"), otlp_endpoint=endpoint) if endpoint else None

    @property
    def certificates(self) -> Certificates:
        """The gateway's certificate and who vouches for it."""
        return Certificates(self.layout.tls)

    @property
    def nginx(self) -> Nginx:
        """The gateway."""
        return Nginx(
            directory=self.layout.server("gateway"),
            source=CHECKOUT / "gateway",
            logs=self.layout.logs / "gateway",
            port=self.settings.ports["gateway"],
            authority=self.certificates.authority,
            variables={
                "TLS_CERTIFICATE": str(self.certificates.certificate),
                "TLS_CERTIFICATE_KEY": str(self.certificates.key),
                "GATEWAY_SPANS_SOCKET": str(self.gateway_spans.socket) if self.gateway_spans else "off",
                **self.environments.gateway,
            },
        )

    @property
    def public_url(self) -> str:
        """What browsers and apps connect to; also the tokens' issuer."""
        return self.environments.public_url

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
            *filter(None, [self.gateway_spans]),
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
        """The URL of one service's database, as the role that it runs as."""
        return self.environments.database_url(name)

    def migration_environment(self, name: str) -> Mapping[str, str]:
        """The settings of a service's `migrate`: its own, and the way to its database as the owner."""
        return {**self.service_environment(name), **self.environments.migration(name)}

    def service_environment(self, name: str) -> Mapping[str, str]:
        """The settings of one service, as `<SERVICE>_<SETTING>`."""
        prefix = f"{name.upper()}_"
        overridden = {variable: value for variable, value in self.overrides.items() if variable.startswith(prefix)}
        return {**self.environments.service(name), **overridden}
