"""Everything that publishes a tariff checks it: what cannot be charged, or is not meant, is refused on every way."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from services.parking.tests.conftest import settings_for
from services.parking.tests.unit.test_commands import ONE_LOT, FakeInstallation, made
from services.parking.tests.unit.test_swiss_rail import draft, model

from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.new_tariffs import Confirmation
from parking_kernel.tariffs import MinimumRule, Tariff, simple_tariff
from parking_kernel.violations import InvalidFields
from parking_service.application.commands.continue_imports import ContinueImports, ContinueImportsHandler
from parking_service.application.commands.start_import import StartImport, StartImportHandler
from parking_service.application.event_handlers.keep_organization import KeepOrganization, KeepOrganizationHandler
from parking_service.domain.errors import RowRefused
from parking_service.domain.organizations import Organization
from parking_service.domain.tariffs import TariffState, TariffVersion

REFUSED = {
    "0.20 CHF an hour": (simple_tariff(20, 2000, "CHF"), "0.20 CHF, less than 0.50 CHF"),
    "a cap of 0": (simple_tariff(200, 0, "CHF"), "`cap_of_zero`"),
    "a day below the hour": (simple_tariff(200, 100, "CHF"), "`daily_below_hourly`"),
    "10 000 000.00 CHF an hour": (simple_tariff(1_000_000_000, None, "CHF"), "the largest charge"),
    "IQD": (simple_tariff(200, 2000, "IQD"), "no payments can be made in IQD"),
}
WAYS = pytest.mark.parametrize(("terms", "said"), REFUSED.values(), ids=REFUSED.keys())


@pytest.fixture
async def parking() -> FakeInstallation:
    installation = FakeInstallation()
    await installation.known()
    return installation


@WAYS
async def test_a_version_of_any_tariff(parking: FakeInstallation, terms: Tariff, said: str) -> None:
    state = TariffState(new_id(), parking.organization_id, None, 2, terms, parking.clock.now())
    with pytest.raises(InvalidFields, match=said):
        TariffVersion.publish(state)


async def test_what_is_confirmed_is_published() -> None:
    installation = FakeInstallation()
    state = TariffState(new_id(), new_id(), None, 1, simple_tariff(200, 0, "CHF"), installation.clock.now())
    assert TariffVersion.publish(state, [Confirmation.CAP_OF_ZERO]).events


@WAYS
async def test_a_new_lot(parking: FakeInstallation, terms: Tariff, said: str) -> None:
    with pytest.raises(InvalidFields, match=said):
        await parking.create_lot(parking.lot(terms=terms))
    confirmed = list(Confirmation)
    if "`" in said:
        await parking.create_lot(parking.lot(terms=terms, confirmed=confirmed))


async def test_a_lot_with_the_organizations_default_prices(parking: FakeInstallation) -> None:
    with pytest.raises(InvalidFields, match="/currency: needs prices of its own in IQD"):
        await parking.create_lot(parking.lot(currency="IQD"))
    # A default that was published before there were these rules.
    [default] = [tariff for tariff in parking.tables.tariffs.values() if tariff.parking_lot_id is None]
    parking.tables.tariffs[default.id] = replace(default, terms=simple_tariff(20, None, "CHF"))
    with pytest.raises(InvalidFields, match="/currency: needs prices of its own in CHF"):
        await parking.create_lot(parking.lot())


@WAYS
async def test_an_organizations_default(terms: Tariff, said: str) -> None:
    installation = FakeInstallation()
    keep = KeepOrganizationHandler(terms, installation.clock, new_id)
    with pytest.raises(InvalidFields, match=said):
        async with installation.work(THE_SERVICE) as work:
            await keep(KeepOrganization(Organization(installation.organization_id, "Basel", 1)), work)


@pytest.mark.parametrize(
    "settings",
    [
        {"default_hourly_rate": 20},
        {"default_hourly_rate": 1_000_000_000, "default_daily_rate": 1_000_000_000},
        {"default_daily_rate": 100},
        {"default_currency": "IQD"},
        {"default_currency": "HUF"},
    ],
    ids=str,
)
def test_the_service_does_not_start_with_default_prices_that_cannot_be_charged(settings: dict[str, Any]) -> None:
    url = "postgresql://parking@localhost/parking"
    with pytest.raises(ValueError, match="PARKING_DEFAULT_HOURLY_RATE, _DAILY_RATE and _CURRENCY make no tariff"):
        settings_for(url, **settings)
    assert settings_for(url).default_terms == simple_tariff(200, 2000, "CHF")


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        pytest.param(model(60, 60, 0, (0, 100)), "every stay free of charge; .* publish their tariff", id="a cap of 0"),
        pytest.param(model(60, 60, 50, (0, 100)), "the first hour; .* publish their tariff", id="a day below the hour"),
        pytest.param(model(60, 60, None, (0, 1_000_000_000)), "the largest charge", id="10 000 000.00 CHF an hour"),
    ],
)
def test_a_row_of_a_file(prices: dict[str, Any], said: str) -> None:
    with pytest.raises(RowRefused, match=said):
        draft(pricingModel=prices)


def test_a_row_of_a_file_names_the_rule_for_prices_that_are_too_small_since_the_file_cannot() -> None:
    terms = draft(pricingModel=model(60, 60, 500, (0, 20))).terms
    assert terms
    assert terms.minimum is MinimumRule.RAISE


async def test_a_row_whose_prices_nobody_looked_at_before_they_are_published(parking: FakeInstallation) -> None:
    """It is refused as a row and the others become lots, also where the row changes a lot that there is."""
    start = StartImportHandler(parking.work, ONE_LOT, parking.clock, new_id)
    go_on = ContinueImportsHandler(parking.work, ONE_LOT, parking.clock, new_id)
    reasons = list[str]()
    for amounts in ((20, 100), (100, 20)):
        rows = [{"id": f"p{number}", "amount": amount, "capacity": 2} for number, amount in enumerate(amounts)]
        import_id = UUID(bytes=(await start(StartImport(parking.operator, None, rows), made)).body)
        await go_on(ContinueImports())
        reasons += [refused.reason for key, refused in parking.tables.refused.items() if key[0] == import_id]
    assert len(reasons) == 2
    assert all("cost 0.20 EUR, less than 0.50 EUR, the least charge" in reason for reason in reasons)
    assert parking.published().count("TariffPublished") == 3, "the default, and one of each lot"
    assert parking.published().count("LotUpdated") == 0
