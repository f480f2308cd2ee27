"""Wires settings, adapters and use cases: the only file that knows everyone."""

from collections.abc import Callable, Collection
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
from analytics_service.adapters.kafka.documents import STATES, document_of
from analytics_service.adapters.kafka.history import KafkaHistory
from analytics_service.adapters.postgres.unit_of_work import units_of_work
from analytics_service.application.commands.drop_old_indices import DropOldIndicesHandler
from analytics_service.application.commands.prepare_indices import PrepareIndicesHandler
from analytics_service.application.commands.rebuild_projection import RebuildProjectionHandler
from analytics_service.application.event_handlers.project import ProjectHandler
from analytics_service.application.ports import Document, Documents, OpenWork, Work
from analytics_service.application.queries.get_occupancy import GetOccupancyHandler
from analytics_service.application.queries.get_revenue import GetRevenueHandler
from analytics_service.settings import AnalyticsSettings
from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys
from parking_chassis.clock import SystemClock
from parking_chassis.http_client import http_client
from parking_chassis.revocations import EndedLogins
from parking_chassis.wiring import open_resources, service_engine, token_verifier
from parking_events import WireEvent
from parking_kernel.askers import THE_SERVICE
from parking_messaging import crash_points
from parking_messaging.adapters.kafka_connection import KafkaConnection

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
    """The wired service.

    The four after the use cases are for what consumes events: its work on a transaction that it opened, the event
    handler, and which events become which documents, as a rebuild has them too.
    """

    settings: AnalyticsSettings
    use_cases: UseCases
    work_on: Callable[[AsyncConnection], AbstractAsyncContextManager[Work]]
    project: ProjectHandler
    projected: Collection[type[WireEvent]]
    document_of: Callable[[WireEvent], Document | None]
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
    units, documents = units_of_work(), ElasticsearchDocuments(elasticsearch)
    return Analytics(
        settings=settings,
        use_cases=_use_cases(settings, units.opened_on(engine), elasticsearch, documents),
        work_on=lambda connection: units.on(connection, THE_SERVICE),
        project=ProjectHandler(documents),
        projected=STATES.keys(),
        document_of=document_of,
        engine=engine,
        elasticsearch=elasticsearch,
        http=http,
        token_verifier=token_verifier(settings, PublishedKeys(http, settings.jwks_url), EndedLogins(engine)),
    )


def _use_cases(
    settings: AnalyticsSettings, work: OpenWork, elasticsearch: AsyncElasticsearch, documents: Documents
) -> UseCases:
    clock, names = SystemClock(), Names(settings.index_prefix)
    figures = ElasticsearchFigures(elasticsearch, names)
    indices = ElasticsearchIndices(elasticsearch, names)
    history = KafkaHistory(KafkaConnection(**settings.kafka, client_id=SERVICE))
    return UseCases(
        get_revenue=GetRevenueHandler(work, figures),
        get_occupancy=GetOccupancyHandler(work, figures, clock),
        prepare_indices=PrepareIndicesHandler(work, indices),
        drop_old_indices=DropOldIndicesHandler(work, indices, clock),
        rebuild_projection=RebuildProjectionHandler(work, indices, documents, history),
    )


def resources(analytics: Analytics) -> AbstractAsyncContextManager[None]:
    """What is open while a process runs."""
    return open_resources(analytics.engine, analytics.http.aclose, analytics.elasticsearch.close)
