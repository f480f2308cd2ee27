"""Put new prices in force."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.new_tariffs import Confirmation
from parking_kernel.tariffs import Tariff
from parking_service.application.ports import OpenWork
from parking_service.domain.tariffs import TariffState, TariffVersion


@dataclass(frozen=True, slots=True)
class PublishTariff:
    """An operator sets prices; bookings keep the version that they were quoted."""

    asker: Asker
    lot_id: UUID
    terms: Tariff
    expected_version: int | None = None
    confirmed: Collection[Confirmation] = ()


@dataclass(frozen=True, slots=True)
class PublishTariffHandler:
    """Makes the lot's next version. Terms that are in force already make none."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: PublishTariff) -> TariffState:
        """The tariff now in force. Raises `UnknownLot`, `LotRetired`, `InvalidFields`, `ChangedMeanwhile`."""
        terms, now = command.terms, self.clock.now()
        async with self.open_work(command.asker) as work:
            lot = await work.lots.get(command.lot_id)
            lot.admit(command.asker, command.expected_version)
            current = await work.tariffs.get(lot.state.tariff_id)
            if current.terms == terms:
                return current
            tariff = TariffVersion.publish(
                TariffState(
                    self.new_id(now), lot.state.organization_id, command.lot_id, current.number + 1, terms, now
                ),
                command.confirmed,
            )
            lot.change(now, tariff.state)
            await work.tariffs.add([tariff])
            await work.lots.save(lot)
        return tariff.state
