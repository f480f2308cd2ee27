"""Wires settings, adapters and use cases: the only file that knows everyone."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import httpx
from elasticsearch import AsyncElasticsearch
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from analytics_service.adapters.elasticsearch.client import asked, connect
from analytics_service.adapters.elasticsearch.documents import ElasticsearchDocuments
from analytics_service.adapters.elasticsearch.figures import ElasticsearchFigures
from analytics_service.adapters.elasticsearch.indices import ElasticsearchIndices
from analytics_service.adapters.elasticsearch.names import Names
from analytics_service.adapters.kafka.consumers import (
    CATALOGUE,
    GROUPS,
    LOGINS,
    PROJECTIONS,
    catalogue_handlers,
    projection_handlers,
)
from analytics_service.adapters.kafka.history import KafkaHistory
from analytics_service.adapters.postgres.unit_of_work import postgres_work, work_on
from analytics_service.application.commands.drop_old_indices import DropOldIndicesHandler
from analytics_service.application.commands.prepare_indices import PrepareIndicesHandler
from analytics_service.application.commands.rebuild_projection import RebuildProjectionHandler
from analytics_service.application.event_handlers.project import ProjectHandler
from analytics_service.application.queries.get_occupancy import GetOccupancyHandler
from analytics_service.application.queries.get_revenue import GetRevenueHandler
from analytics_service.settings import AnalyticsSettings
from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys
from parking_chassis.clock import SystemClock
from parking_chassis.ended_logins import note_ended_logins
from parking_chassis.http_client import http_client
from parking_chassis.revocations import EndedLogins
from parking_chassis.wiring import open_resources, service_engine, token_verifier
from parking_messaging import crash_points
from parking_messaging.adapters import kafka_topics
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.topic_settings import TopicWatch
from parking_messaging.consumer import Consumer
from parking_messaging.ended_logins import login_handlers
from parking_messaging.handlers import Handlers
from parking_messaging.relay import Relay, RelaySettings
from parking_messaging.replay import Replayer
from parking_messaging.wiring import kafka_consumers, postgres_relay, postgres_replayers

__all__ = ["GROUPS", "PROJECTIONS", "SERVICE", "Analytics", "UseCases", "bootstrap"]

SERVICE = "analytics"


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that can be asked of this service."""

    get_revenue: GetRevenueHandler
    get_occupancy: GetOccupancyHandler
    prepare_indices: PrepareIndicesHandler
    drop_old_indices: DropOldIndicesHandler
    rebuild_projection: RebuildProjectionHandler


@dataclass(frozen=True, slots=True)
class Analytics:
    """The wired service."""

    settings: AnalyticsSettings
    use_cases: UseCases
    engine: AsyncEngine
    elasticsearch: AsyncElasticsearch
    http: httpx.AsyncClient
    token_verifier: AccessTokenVerifier

    async def ping_elasticsearch(self) -> None:
        """Raise what keeps Elasticsearch from answering."""
        await asked(self.elasticsearch.cluster.health())


def bootstrap(settings: AnalyticsSettings) -> Analytics:
    """Wire everything. Nothing connects before it is used."""
    crash_points.arm(settings.crash_points, SERVICE)
    engine = service_engine(settings, SERVICE)
    key = settings.elasticsearch_api_key
    elasticsearch = connect(
        settings.elasticsearch_url,
        timeout=settings.elasticsearch_timeout,
        api_key=key.get_secret_value() if key else None,
        ca_certificates=settings.elasticsearch_ca_certificates,
    )
    http = http_client(2.0)
    verifier = token_verifier(settings, PublishedKeys(http, settings.jwks_url), EndedLogins(engine))
    return Analytics(settings, _use_cases(settings, engine, elasticsearch), engine, elasticsearch, http, verifier)


def _use_cases(settings: AnalyticsSettings, engine: AsyncEngine, elasticsearch: AsyncElasticsearch) -> UseCases:
    work, clock, names = postgres_work(engine), SystemClock(), Names(settings.index_prefix)
    figures = ElasticsearchFigures(elasticsearch, names)
    indices = ElasticsearchIndices(elasticsearch, names)
    documents = ElasticsearchDocuments(elasticsearch)
    return UseCases(
        get_revenue=GetRevenueHandler(work, figures),
        get_occupancy=GetOccupancyHandler(work, figures, clock),
        prepare_indices=PrepareIndicesHandler(work, indices),
        drop_old_indices=DropOldIndicesHandler(work, indices, clock),
        rebuild_projection=RebuildProjectionHandler(work, indices, documents, KafkaHistory(_kafka(settings))),
    )


def resources(analytics: Analytics) -> AbstractAsyncContextManager[None]:
    """What is open while a process runs."""
    return open_resources(analytics.engine, analytics.http.aclose, analytics.elasticsearch.close)


def outbox_relay(settings: AnalyticsSettings) -> Relay:
    """What publishes the outbox: dead letters, here."""
    return postgres_relay(settings=RelaySettings(SERVICE), database_url=settings.relay_url, kafka=_kafka(settings))


async def make_topics(settings: AnalyticsSettings) -> None:
    """Make the topics that analytics owns. Raises `ConnectionError` with what is wrong."""
    await kafka_topics.make_topics(
        _kafka(settings), SERVICE, groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def topic_watch(settings: AnalyticsSettings) -> TopicWatch:
    """What reports topics whose settings are not those of the catalogue."""
    return kafka_topics.topic_watch(
        _kafka(settings), SERVICE, groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def consumers(analytics: Analytics) -> dict[str, Consumer[AsyncConnection]]:
    """What takes other services' events in, by group."""
    return kafka_consumers(_handlers(analytics), analytics.engine.begin, _kafka(analytics.settings))


def replayers(analytics: Analytics) -> dict[str, Replayer[AsyncConnection]]:
    """What applies dead letters again, by group."""
    return postgres_replayers(_handlers(analytics), analytics.engine.begin)


def _handlers(analytics: Analytics) -> dict[str, Handlers[AsyncConnection]]:
    project = ProjectHandler(ElasticsearchDocuments(analytics.elasticsearch))
    return {
        CATALOGUE: catalogue_handlers(work_on),
        PROJECTIONS: projection_handlers(work_on, project),
        LOGINS: login_handlers(note_ended_logins),
    }


def _kafka(settings: AnalyticsSettings) -> KafkaConnection:
    return KafkaConnection(**settings.kafka, client_id=SERVICE)
