"""The tables as dictionaries. Their values are frozen, so a copy of the dictionaries is a copy of everything."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID

from services.reservation.tests.examples import NOW

from parking_chassis.fakes.answers import StoredAnswer
from parking_kernel.periods import Period
from reservation_service.application.ports import LotCopy, SpotCopy, UnsettledStay
from reservation_service.domain.cancellation import OperatorCancellation
from reservation_service.domain.incoming_payments import TakenIn
from reservation_service.domain.lots import TariffVersion
from reservation_service.domain.reservations import ReservationEvent, ReservationState
from reservation_service.domain.supply import SupplyChangeEvent, SupplyChangeState


@dataclass(frozen=True, slots=True)
class AllocationRow:
    parking_lot_id: UUID
    spot_id: UUID
    during: Period
    reservation_id: UUID


@dataclass
class Tables:
    lots: dict[UUID, LotCopy] = field(default_factory=dict[UUID, LotCopy])
    spots: dict[UUID, SpotCopy] = field(default_factory=dict[UUID, SpotCopy])
    tariffs: dict[UUID, TariffVersion] = field(default_factory=dict[UUID, TariffVersion])
    announced: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    reservations: dict[UUID, ReservationState] = field(default_factory=dict[UUID, ReservationState])
    allocations: list[AllocationRow] = field(default_factory=list[AllocationRow])
    early_exits: dict[tuple[UUID, datetime], None] = field(default_factory=dict[tuple[UUID, datetime], None])
    operator_cancellations: dict[UUID, OperatorCancellation] = field(default_factory=dict[UUID, OperatorCancellation])
    unsettled_stays: dict[UUID, UnsettledStay] = field(default_factory=dict[UUID, UnsettledStay])
    users: dict[UUID, tuple[int, datetime | None]] = field(default_factory=dict[UUID, tuple[int, datetime | None]])
    answers: dict[tuple[str, str], StoredAnswer] = field(default_factory=dict[tuple[str, str], StoredAnswer])
    outbox: list[ReservationEvent] = field(default_factory=list[ReservationEvent])
    supply_changes: dict[UUID, SupplyChangeState] = field(default_factory=dict[UUID, SupplyChangeState])
    taken_by: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    supply_outbox: list[SupplyChangeEvent] = field(default_factory=list[SupplyChangeEvent])
    payment_watermark: dict[str, TakenIn] = field(default_factory=lambda: {"seen": TakenIn(NOW)})

    def copy(self) -> "Tables":
        return Tables(**{each.name: getattr(self, each.name).copy() for each in fields(self)})

    def take_over(self, draft: "Tables") -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(draft, each.name))
