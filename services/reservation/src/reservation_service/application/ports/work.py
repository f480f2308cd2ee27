"""The unit of work."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from parking_kernel.askers import Asker
from parking_kernel.repeatable import Answers
from reservation_service.application.ports.cancellations import OperatorCancellations
from reservation_service.application.ports.gates import EarlyExits, GateLists, UnsettledStays
from reservation_service.application.ports.lots import Copies, Lots
from reservation_service.application.ports.payments import PaymentWatermark, Time
from reservation_service.application.ports.reservations import Reservations
from reservation_service.application.ports.supply import SupplyChanges
from reservation_service.application.ports.timetable import Timetable
from reservation_service.application.ports.users import Users


@dataclass(frozen=True, slots=True)
class Work:
    """One transaction's repositories. What they saved is published when it ends."""

    lots: Lots
    copies: Copies
    timetable: Timetable
    reservations: Reservations
    operator_cancellations: OperatorCancellations
    supply_changes: SupplyChanges
    payment_watermark: PaymentWatermark
    early_exits: EarlyExits
    unsettled_stays: UnsettledStays
    gate_lists: GateLists
    users: Users
    answers: Answers
    time: Time


OpenWork = Callable[[Asker], AbstractAsyncContextManager[Work]]
"""Opens a transaction in somebody's name: it commits when its block ends, and rolls back when the block raises."""
