"""Open a new lot."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.new_tariffs import Confirmation, check_new_tariff
from parking_kernel.opening_hours import OpeningHours
from parking_kernel.repeatable import Answer, RequestKey, once
from parking_kernel.tariffs import Tariff
from parking_kernel.violations import InvalidFields, Violation
from parking_service.application.ports import OpenWork, Work
from parking_service.domain.errors import UnknownOrganization
from parking_service.domain.lots import Lot, LotState, prices_of
from parking_service.domain.tariffs import TariffState, TariffVersion, in_currency
from parking_service.domain.tenancy import chosen_organization, why_unknown
from parking_service.domain.values import Place


@dataclass(frozen=True, slots=True)
class CreateLot:
    """An operator takes on a car park. Without `terms` it gets its organization's default tariff.

    `confirmed` is what of the terms looks like a mistake and is meant. With a `key` the request may be repeated.
    """

    asker: Asker
    organization_id: UUID | None
    name: str
    description: str | None
    address: str
    place: Place
    time_zone: str
    amenities: tuple[str, ...]
    opening_hours: OpeningHours | None
    terms: Tariff | None
    currency: str | None
    confirmed: Collection[Confirmation] = ()
    key: RequestKey | None = None


@dataclass(frozen=True, slots=True)
class CreateLotHandler:
    """Makes the lot and the first version of its tariff."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: CreateLot, render: Callable[[LotState], Answer]) -> Answer:
        """The new lot as `render` shows it, or the first answer to the key.

        Raises `UnknownOrganization`, `OrganizationNotReady`, `InvalidFields`, `KeyReused` and `InFlight`.
        """
        async with self.open_work(command.asker) as work:

            async def act() -> Answer:
                return render(await self._create(work, command))

            return await once(work.answers, command.key, act)

    async def _create(self, work: Work, command: CreateLot) -> LotState:
        organization_id = chosen_organization(command.asker, command.organization_id, "/organization_id")
        now = self.clock.now()
        lot_id = self.new_id(now)
        try:
            default = (await work.tariffs.default_of(organization_id)).terms
        except UnknownOrganization as error:
            raise why_unknown(command.asker, organization_id) from error
        terms = command.terms or _by_default(default, command.currency)
        tariff = TariffVersion.publish(
            TariffState(self.new_id(now), organization_id, lot_id, 1, terms, now), command.confirmed
        )
        lot = Lot.create(
            LotState(
                id=lot_id,
                organization_id=organization_id,
                name=command.name,
                description=command.description,
                address=command.address,
                place=command.place,
                time_zone=command.time_zone,
                amenities=command.amenities,
                opening_hours=command.opening_hours,
                created_at=now,
                **prices_of(tariff.state),
            )
        )
        # The tariff first: they are published in the order of storing, and a lot is worth nothing without its prices.
        await work.tariffs.add([tariff])
        await work.lots.add([lot])
        await work.occupancy.recount([lot_id])
        return lot.state


def _by_default(default: Tariff, currency: str | None) -> Tariff:
    """The organization's own numbers, also in another currency. They may be none that can be charged."""
    terms = in_currency(default, currency or default.currency)
    try:
        return check_new_tariff(terms)
    except InvalidFields as error:
        rule = f"needs prices of its own in {terms.currency}: the organization's default prices cannot be charged in it"
        raise InvalidFields([Violation("/currency", rule)]) from error
