"""Put new prices in force."""

from dataclasses import dataclass
from uuid import UUID

from parking_service.application.ports import Clock, NewId, OpenWork
from parking_service.domain.tariff_rules import check_terms
from parking_service.domain.tariffs import Tariff, TariffState, TariffTerms
from parking_service.domain.tenancy import Actor


@dataclass(frozen=True, slots=True)
class PublishTariff:
    """An operator sets prices; bookings keep the version that they were quoted."""

    actor: Actor
    lot_id: UUID
    terms: TariffTerms
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class PublishTariffHandler:
    """Makes the lot's next version. Terms that are in force already make none."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: PublishTariff) -> TariffState:
        """The tariff now in force. Raises `UnknownLot`, `LotRetired`, `InvalidFields`, `ChangedMeanwhile`."""
        terms, now = check_terms(command.terms), self.clock.now()
        async with self.open_work() as work:
            lot = await work.lots.get(command.lot_id)
            lot.admit(command.actor, command.expected_version)
            current = await work.tariffs.get(lot.state.tariff_id)
            if current.terms == terms:
                return current
            tariff = Tariff.publish(
                TariffState(self.new_id(), lot.state.organization_id, command.lot_id, current.number + 1, terms, now)
            )
            lot.change(now, tariff.state)
            await work.tariffs.add([tariff])
            await work.lots.save(lot)
            await work.events.publish(tariff, lot)
        return tariff.state
