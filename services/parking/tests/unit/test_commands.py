"""Commands on the fakes: what they decide, without any I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from services.parking.tests.fakes.clock import FakeClock
from services.parking.tests.fakes.postgres.tables import Tables
from services.parking.tests.fakes.postgres.unit_of_work import in_memory_work

from parking_chassis.ids import new_id
from parking_kernel.askers import EVERYTHING, THE_SERVICE, Asker
from parking_kernel.jobs import JobStatus
from parking_kernel.repeatable import Answer, KeyReused, RequestKey, purge_answers
from parking_kernel.tariffs import simple_tariff
from parking_kernel.violations import InvalidFields
from parking_service.adapters.geojson.files import GeoJsonLotFiles
from parking_service.application.commands.add_spots import AddSpots, AddSpotsHandler
from parking_service.application.commands.change_lot import ChangeLot, ChangeLotHandler
from parking_service.application.commands.continue_imports import ContinueImports, ContinueImportsHandler
from parking_service.application.commands.create_lot import CreateLot, CreateLotHandler
from parking_service.application.commands.publish_tariff import PublishTariff, PublishTariffHandler
from parking_service.application.commands.retire_lot import RetireLot, RetireLotHandler
from parking_service.application.commands.start_import import StartImport, StartImportHandler
from parking_service.application.event_handlers.keep_organization import KeepOrganization, KeepOrganizationHandler
from parking_service.domain.errors import (
    LotRetired,
    OrganizationNotReady,
    SpotNumberTaken,
    UnknownLot,
    UnknownOrganization,
)
from parking_service.domain.import_options import ImportOptions
from parking_service.domain.imports import ImportRow, ImportState, LotDraft
from parking_service.domain.lots import LotChanges, LotState
from parking_service.domain.organizations import Organization
from parking_service.domain.spots import SpotPlan, SpotState, SpotType
from parking_service.domain.values import Place


class OneLot:
    """See `parking_service.application.ports.LotFiles`: files about one lot, its price and its size."""

    def source_id(self, feature: Mapping[str, object], options: ImportOptions) -> str:
        return str(feature["id"])

    def draft(self, row: ImportRow, options: ImportOptions) -> LotDraft:
        amount, capacity = int(str(row.feature["amount"])), int(str(row.feature["capacity"]))
        return LotDraft(
            source_id=self.source_id(row.feature, options),
            name="P1",
            description=None,
            address="Weg 1",
            place=Place(47.55, 7.59),
            time_zone=options.time_zone or "Europe/Zurich",
            capacity={SpotType.STANDARD: capacity},
            amenities=(),
            opening_hours=None,
            currency=options.currency,
            terms=simple_tariff(amount, None, "EUR"),
        )


ONE_LOT = OneLot()


def made(state: LotState | ImportState) -> Answer:
    """The answer to what makes something."""
    return Answer(201, state.id.bytes)


def numbers(states: Sequence[SpotState]) -> Answer:
    return Answer(201, " ".join(state.number for state in states).encode())


@dataclass
class FakeInstallation:
    """Parking without anything outside of this process."""

    tables: Tables = field(default_factory=Tables)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.work = in_memory_work(self.tables, self.clock.now)
        self.create = CreateLotHandler(self.work, self.clock, new_id)
        self.organization_id = new_id()
        self.operator = Asker(organizations=frozenset({self.organization_id}))

    async def known(self) -> None:
        keep = KeepOrganizationHandler(simple_tariff(200, 2000, "EUR"), self.clock, new_id)
        async with self.work(THE_SERVICE) as work:
            await keep(KeepOrganization(Organization(self.organization_id, "Basel", 1)), work)

    async def create_lot(self, command: CreateLot) -> UUID:
        return UUID(bytes=(await self.create(command, made)).body)

    def lot(self, **changes: Any) -> CreateLot:
        values = {"asker": self.operator, "organization_id": None, "terms": None, "currency": None, **changes}
        return CreateLot(
            name="Aeschen",
            description=None,
            address="Weg 1",
            place=Place(47.55, 7.59),
            time_zone="Europe/Zurich",
            amenities=(),
            opening_hours=None,
            **values,
        )

    def published(self) -> list[str]:
        return [type(event).__name__ for event in self.tables.outbox]


@pytest.fixture
async def parking() -> FakeInstallation:
    installation = FakeInstallation()
    await installation.known()
    return installation


async def test_a_lot_needs_a_known_organization_of_its_operator(parking: FakeInstallation) -> None:
    strange = new_id()
    with pytest.raises(UnknownOrganization):
        await parking.create_lot(parking.lot(organization_id=strange))
    with pytest.raises(UnknownOrganization):
        await parking.create_lot(parking.lot(organization_id=strange, asker=Asker(permissions=frozenset({EVERYTHING}))))
    with pytest.raises(InvalidFields, match="/organization_id: is required"):
        await parking.create_lot(parking.lot(asker=Asker()))
    assert parking.published() == ["TariffPublished"]


async def test_an_organization_that_auth_has_only_just_made_is_to_be_waited_for(parking: FakeInstallation) -> None:
    new = new_id()
    with pytest.raises(OrganizationNotReady):
        await parking.create_lot(parking.lot(organization_id=new, asker=Asker(organizations=frozenset({new}))))


async def test_a_lot_is_published_after_its_tariff(parking: FakeInstallation) -> None:
    lot_id = await parking.create_lot(parking.lot(currency="CHF"))
    state = parking.tables.lots[lot_id]
    assert (state.currency, state.hourly_rate and state.hourly_rate.amount) == ("CHF", 200)
    assert parking.published() == ["TariffPublished", "TariffPublished", "LotCreated"]


async def test_retired_lots_change_no_more(parking: FakeInstallation) -> None:
    lot_id = await parking.create_lot(parking.lot())
    retire = RetireLotHandler(parking.work, parking.clock, new_id)
    stranger = Asker(organizations=frozenset({new_id()}))
    with pytest.raises(UnknownLot):
        await retire(RetireLot(stranger, lot_id))
    for _ in range(2):
        await retire(RetireLot(parking.operator, lot_id))
    with pytest.raises(LotRetired):
        await ChangeLotHandler(parking.work, parking.clock, new_id)(
            ChangeLot(parking.operator, lot_id, LotChanges(name="Other"))
        )
    with pytest.raises(LotRetired):
        await PublishTariffHandler(parking.work, parking.clock, new_id)(
            PublishTariff(parking.operator, lot_id, simple_tariff(100, None, "EUR"))
        )
    assert parking.published()[3:] == ["LotRetiredForGood"]


async def test_spots_are_added_together_or_not_at_all(parking: FakeInstallation) -> None:
    lot_id = await parking.create_lot(parking.lot())
    add = AddSpotsHandler(parking.work, parking.clock, new_id)
    await add(AddSpots(parking.operator, lot_id, [SpotPlan("1"), SpotPlan("2")]), numbers)
    with pytest.raises(SpotNumberTaken, match="2"):
        await add(AddSpots(parking.operator, lot_id, [SpotPlan("3"), SpotPlan("2")]), numbers)
    assert parking.tables.lots[lot_id].total_spots == len(parking.tables.spots) == 2
    assert parking.published()[3:] == ["LotUpdated", "SpotCreated", "SpotCreated"]


async def test_an_import_makes_lots_once(parking: FakeInstallation) -> None:
    files = GeoJsonLotFiles("Europe/Zurich")
    point = {"type": "Point", "coordinates": [7.59, 47.55]}
    features = [
        {"id": number, "geometry": point, "properties": {"name": f"P{number}", "capacity": number}}
        for number in range(30)
    ]
    start = StartImportHandler(parking.work, files, parking.clock, new_id)
    go_on = ContinueImportsHandler(parking.work, files, parking.clock, new_id)
    for created, unchanged in ((29, 0), (0, 29)):
        import_id = UUID(bytes=(await start(StartImport(parking.operator, None, features), made)).body)
        assert await go_on(ContinueImports()) == 30
        async with parking.work(THE_SERVICE) as work:
            state = await work.imports.get(import_id)
        assert (state.status, state.created, state.unchanged) == (JobStatus.DONE, created, unchanged)
        assert [refused.reason for key, refused in parking.tables.refused.items() if key[0] == import_id] == [
            "the capacity is zero"
        ]
    assert len(parking.tables.spots) == sum(range(30))


async def test_a_repeated_request_makes_nothing_twice(parking: FakeInstallation) -> None:
    key = RequestKey("olga:POST /parking-lots", "key-1", b"fingerprint")
    first, again = [await parking.create(parking.lot(key=key), made) for _ in range(2)]
    assert (first.replayed, again) == (False, replace(first, replayed=True))
    with pytest.raises(KeyReused):
        await parking.create(parking.lot(key=replace(key, fingerprint=b"another")), made)
    assert len(parking.tables.lots) == 1
    assert parking.published().count("LotCreated") == 1

    add = AddSpotsHandler(parking.work, parking.clock, new_id)
    spots = AddSpots(parking.operator, UUID(bytes=first.body), [SpotPlan("1")], replace(key, scope="olga:POST /spots"))
    answers = [await add(spots, numbers) for _ in range(2)]
    assert [(answer.body, answer.replayed) for answer in answers] == [(b"1", False), (b"1", True)]


async def test_what_was_refused_may_be_tried_again_with_the_same_key(parking: FakeInstallation) -> None:
    new, key = new_id(), RequestKey("olga:POST /parking-lots", "key-1", b"fingerprint")
    command = parking.lot(organization_id=new, asker=Asker(organizations=frozenset({new})), key=key)
    with pytest.raises(OrganizationNotReady):
        await parking.create(command, made)
    parking.organization_id = new
    await parking.known()
    assert not (await parking.create(command, made)).replayed


async def test_answers_are_purged_after_a_week(parking: FakeInstallation) -> None:
    for days in (0, 6):
        parking.clock.advance(timedelta(days=days))
        await parking.create(parking.lot(key=RequestKey("olga:POST /parking-lots", f"after {days} days", b"")), made)
    assert await purge_answers(parking.work) == 0
    parking.clock.advance(timedelta(days=1, seconds=1))
    assert await purge_answers(parking.work) == 1
    assert [key for _, key in parking.tables.answers] == ["after 6 days"]


async def test_a_changed_lot_of_an_import_is_published_after_its_tariff(parking: FakeInstallation) -> None:
    start = StartImportHandler(parking.work, ONE_LOT, parking.clock, new_id)
    go_on = ContinueImportsHandler(parking.work, ONE_LOT, parking.clock, new_id)
    for amount, capacity in ((100, 2), (200, 1)):
        await start(StartImport(parking.operator, None, [{"id": "p1", "amount": amount, "capacity": capacity}]), made)
        await go_on(ContinueImports())
    assert parking.published()[1:] == [
        *("TariffPublished", "LotCreated", "SpotCreated", "SpotCreated"),
        *("TariffPublished", "LotUpdated", "SpotRemoved"),
    ]
