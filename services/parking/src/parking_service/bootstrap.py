"""Wires settings, adapters and use cases: the only file that knows everyone."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys
from parking_chassis.clock import SYSTEM_CLOCK
from parking_chassis.ended_logins import note_ended_logins
from parking_chassis.http_client import http_client
from parking_chassis.ids import new_id
from parking_chassis.revocations import EndedLogins
from parking_chassis.wiring import open_resources, service_engine, token_verifier
from parking_kernel.clocks import Clock
from parking_kernel.tariffs import simple_tariff
from parking_messaging import (
    Consumer,
    KafkaConnection,
    Relay,
    RelaySettings,
    crash_points,
    kafka_consumers,
    postgres_relay,
)
from parking_messaging.adapters import kafka_topics
from parking_messaging.adapters.topic_settings import TopicWatch
from parking_messaging.ended_logins import login_handlers
from parking_service.adapters.geojson.files import GeoJsonLotFiles
from parking_service.adapters.kafka.consumer import GROUP, GROUPS, LOGINS, organization_consumer
from parking_service.adapters.postgres.lot_views import PostgresLotViews
from parking_service.adapters.postgres.unit_of_work import postgres_work
from parking_service.application.commands.add_spots import AddSpotsHandler
from parking_service.application.commands.change_lot import ChangeLotHandler
from parking_service.application.commands.change_spot import ChangeSpotHandler
from parking_service.application.commands.continue_imports import ContinueImportsHandler
from parking_service.application.commands.create_lot import CreateLotHandler
from parking_service.application.commands.extend_open_periods import ExtendOpenPeriodsHandler
from parking_service.application.commands.publish_tariff import PublishTariffHandler
from parking_service.application.commands.remove_spot import RemoveSpotHandler
from parking_service.application.commands.report_occupancy import ReportOccupancyHandler
from parking_service.application.commands.retire_lot import RetireLotHandler
from parking_service.application.commands.start_import import StartImportHandler
from parking_service.application.event_handlers.keep_organization import KeepOrganizationHandler
from parking_service.application.queries.get_import import GetImportHandler
from parking_service.application.queries.get_lot import GetLotHandler
from parking_service.application.queries.get_spot import GetSpotHandler
from parking_service.application.queries.get_tariff import GetTariffHandler
from parking_service.application.queries.list_spots import ListSpotsHandler
from parking_service.application.queries.measure_occupancy import MeasureOccupancyHandler
from parking_service.application.queries.search_lots import SearchLotsHandler
from parking_service.settings import ParkingSettings

SERVICE = "parking"


@dataclass(frozen=True, slots=True)
class UseCases:
    """Everything that can be asked of this service."""

    create_lot: CreateLotHandler
    change_lot: ChangeLotHandler
    retire_lot: RetireLotHandler
    publish_tariff: PublishTariffHandler
    add_spots: AddSpotsHandler
    change_spot: ChangeSpotHandler
    remove_spot: RemoveSpotHandler
    report_occupancy: ReportOccupancyHandler
    start_import: StartImportHandler
    continue_imports: ContinueImportsHandler
    extend_open_periods: ExtendOpenPeriodsHandler
    keep_organization: KeepOrganizationHandler
    search_lots: SearchLotsHandler
    get_lot: GetLotHandler
    list_spots: ListSpotsHandler
    get_spot: GetSpotHandler
    get_tariff: GetTariffHandler
    get_import: GetImportHandler
    measure_occupancy: MeasureOccupancyHandler


@dataclass(frozen=True, slots=True)
class Parking:
    """The wired service. `read_engine` answers questions; it is `engine` where there is no replica."""

    settings: ParkingSettings
    use_cases: UseCases
    clock: Clock
    engine: AsyncEngine
    read_engine: AsyncEngine
    token_verifier: AccessTokenVerifier
    http: httpx.AsyncClient


def bootstrap(settings: ParkingSettings, *, clock: Clock = SYSTEM_CLOCK) -> Parking:
    """Wire everything. Nothing connects before it is used."""
    crash_points.arm(settings.crash_points, SERVICE)
    engine = service_engine(settings, SERVICE)
    read_url = settings.database_read_url
    read_engine = service_engine(settings, SERVICE, read_url) if read_url else engine
    http = http_client(5.0)
    verifier = token_verifier(settings, PublishedKeys(http, settings.jwks_url), EndedLogins(engine))
    use_cases = _use_cases(settings, engine, read_engine, clock)
    return Parking(settings, use_cases, clock, engine, read_engine, verifier, http)


def outbox_relay(settings: ParkingSettings) -> Relay:
    """What publishes parking's events; connects when it runs."""
    return postgres_relay(settings=RelaySettings(SERVICE), database_url=settings.relay_url, kafka=_kafka(settings))


def organizations_consumer(parking: Parking) -> Consumer[AsyncConnection]:
    """What keeps the copy of the organizations; connects when it runs."""
    keep = parking.use_cases.keep_organization
    return organization_consumer(parking.engine, _kafka(parking.settings), keep, parking.clock.now)


def consumers(parking: Parking) -> dict[str, Consumer[AsyncConnection]]:
    """What takes other services' events in, by group."""
    logins = {LOGINS: login_handlers(note_ended_logins)}
    return {
        GROUP: organizations_consumer(parking),
        **kafka_consumers(logins, parking.engine.begin, _kafka(parking.settings)),
    }


async def make_topics(settings: ParkingSettings) -> None:
    """Make the topics that parking owns. Raises `ConnectionError` with what is wrong."""
    await kafka_topics.make_topics(
        _kafka(settings), SERVICE, groups=GROUPS, replication_factor=settings.topic_replication_factor
    )


def topic_watch(settings: ParkingSettings) -> TopicWatch:
    """What reports topics whose settings are not those of the catalogue."""
    return kafka_topics.topic_watch(
        _kafka(settings), SERVICE, groups=[GROUP], replication_factor=settings.topic_replication_factor
    )


def resources(parking: Parking) -> AbstractAsyncContextManager[None]:
    """What is open while a process runs."""
    return open_resources(parking.engine, parking.http.aclose, parking.read_engine.dispose)


def _kafka(settings: ParkingSettings) -> KafkaConnection:
    return KafkaConnection(**settings.kafka, client_id=SERVICE)


def _use_cases(settings: ParkingSettings, engine: AsyncEngine, read_engine: AsyncEngine, clock: Clock) -> UseCases:
    work = postgres_work(engine, clock.now)
    # What was just written is read where it was written: a replica may lag behind.
    written, views = PostgresLotViews(engine), PostgresLotViews(read_engine)
    files = GeoJsonLotFiles(settings.default_time_zone)
    default_terms = simple_tariff(settings.default_hourly_rate, settings.default_daily_rate, settings.default_currency)
    return UseCases(
        create_lot=CreateLotHandler(work, clock, new_id),
        change_lot=ChangeLotHandler(work, clock),
        retire_lot=RetireLotHandler(work, clock),
        publish_tariff=PublishTariffHandler(work, clock, new_id),
        add_spots=AddSpotsHandler(work, clock, new_id),
        change_spot=ChangeSpotHandler(work, clock),
        remove_spot=RemoveSpotHandler(work, clock),
        report_occupancy=ReportOccupancyHandler(work, clock),
        start_import=StartImportHandler(work, files, clock, new_id),
        continue_imports=ContinueImportsHandler(work, files, clock, new_id),
        extend_open_periods=ExtendOpenPeriodsHandler(work),
        keep_organization=KeepOrganizationHandler(default_terms, clock, new_id),
        search_lots=SearchLotsHandler(views),
        get_lot=GetLotHandler(written),
        list_spots=ListSpotsHandler(written),
        get_spot=GetSpotHandler(written),
        get_tariff=GetTariffHandler(written),
        get_import=GetImportHandler(work),
        measure_occupancy=MeasureOccupancyHandler(views),
    )
