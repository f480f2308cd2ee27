"""Wires settings, adapters and use cases: the only file that knows everyone."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from parking_chassis.access_tokens import AccessTokenVerifier, PublishedKeys
from parking_chassis.clock import SYSTEM_CLOCK
from parking_chassis.http_client import http_client
from parking_chassis.ids import new_id
from parking_chassis.process import OneByOne
from parking_chassis.revocations import EndedLogins
from parking_chassis.wiring import open_resources, service_engine, token_verifier
from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from parking_kernel.pauses import GrowingPause
from parking_kernel.repeatable import purge_answers
from parking_messaging import crash_points
from parking_service.adapters.geojson.files import GeoJsonLotFiles
from parking_service.adapters.postgres.lot_views import PostgresLotViews
from parking_service.adapters.postgres.unit_of_work import units_of_work
from parking_service.application.commands.add_spots import AddSpotsHandler
from parking_service.application.commands.change_lot import ChangeLotHandler
from parking_service.application.commands.change_spot import ChangeSpotHandler
from parking_service.application.commands.continue_imports import ContinueImportsHandler
from parking_service.application.commands.create_lot import CreateLotHandler
from parking_service.application.commands.extend_open_periods import ExtendOpenPeriodsHandler
from parking_service.application.commands.publish_tariff import PublishTariffHandler
from parking_service.application.commands.purge_bookings import PurgeBookingsHandler
from parking_service.application.commands.purge_supply_changes import PurgeSupplyChangesHandler
from parking_service.application.commands.recount_free_spots import RecountFreeSpotsHandler
from parking_service.application.commands.remove_spot import RemoveSpotHandler
from parking_service.application.commands.report_occupancy import ReportOccupancyHandler
from parking_service.application.commands.retire_lot import RetireLotHandler
from parking_service.application.commands.start_import import StartImportHandler
from parking_service.application.event_handlers.keep_organization import KeepOrganizationHandler
from parking_service.application.ports import OpenWork, Work
from parking_service.application.queries.get_import import GetImportHandler
from parking_service.application.queries.get_supply_change import GetSupplyChangeHandler
from parking_service.application.queries.preview_import import PreviewImportHandler
from parking_service.settings import ParkingSettings

SERVICE = "parking"
OPEN_PERIODS_PAUSE: Final = GrowingPause(first=timedelta(hours=1), longest=timedelta(days=1))


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
    purge_answers: Callable[[], Awaitable[int]]
    purge_bookings: PurgeBookingsHandler
    purge_supply_changes: PurgeSupplyChangesHandler
    recount_free_spots: RecountFreeSpotsHandler
    get_import: GetImportHandler
    preview_import: PreviewImportHandler
    get_supply_change: GetSupplyChangeHandler


@dataclass(frozen=True, slots=True)
class Queries:
    """What is asked without a use case.

    A `replica`, where there is one, may lag behind: what was just written is read where it was `written`.
    """

    written: PostgresLotViews
    replica: PostgresLotViews


@dataclass(frozen=True, slots=True)
class Parking:
    """The wired service. `read_engine` answers questions; it is `engine` where there is no replica.

    `work_on` is a unit of work in a transaction that a consumer opened and commits.
    """

    settings: ParkingSettings
    use_cases: UseCases
    queries: Queries
    work_on: Callable[[AsyncConnection], AbstractAsyncContextManager[Work]]
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
    units = units_of_work(clock.now, settings.answer_sealer)
    return Parking(
        settings=settings,
        use_cases=_use_cases(settings, units.opened_on(engine), clock),
        queries=Queries(PostgresLotViews(engine), PostgresLotViews(read_engine)),
        work_on=partial(units.on, asker=THE_SERVICE),
        clock=clock,
        engine=engine,
        read_engine=read_engine,
        token_verifier=token_verifier(settings, PublishedKeys(http, settings.jwks_url), EndedLogins(engine)),
        http=http,
    )


def resources(parking: Parking) -> AbstractAsyncContextManager[None]:
    """What is open while a process runs."""
    return open_resources(parking.engine, parking.http.aclose, parking.read_engine.dispose)


def _use_cases(settings: ParkingSettings, work: OpenWork, clock: Clock) -> UseCases:
    files = GeoJsonLotFiles(settings.default_time_zone)
    return UseCases(
        create_lot=CreateLotHandler(work, clock, new_id),
        change_lot=ChangeLotHandler(work, clock, new_id),
        retire_lot=RetireLotHandler(work, clock, new_id),
        publish_tariff=PublishTariffHandler(work, clock, new_id),
        add_spots=AddSpotsHandler(work, clock, new_id),
        change_spot=ChangeSpotHandler(work, clock, new_id),
        remove_spot=RemoveSpotHandler(work, clock, new_id),
        report_occupancy=ReportOccupancyHandler(work, clock),
        start_import=StartImportHandler(work, files, clock, new_id),
        continue_imports=ContinueImportsHandler(work, files, clock, new_id),
        extend_open_periods=ExtendOpenPeriodsHandler(work, OneByOne("open_periods", OPEN_PERIODS_PAUSE)),
        keep_organization=KeepOrganizationHandler(settings.default_terms, clock, new_id),
        purge_answers=partial(purge_answers, work),
        purge_bookings=PurgeBookingsHandler(work, clock),
        purge_supply_changes=PurgeSupplyChangesHandler(
            work, clock, timedelta(seconds=settings.supply_changes_stored_for)
        ),
        recount_free_spots=RecountFreeSpotsHandler(work),
        get_import=GetImportHandler(work),
        preview_import=PreviewImportHandler(work, files, clock, new_id),
        get_supply_change=GetSupplyChangeHandler(work),
    )
