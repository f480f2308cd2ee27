"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from reservation_service.application.ports.bookings import (
    Alternative,
    Alternatives,
    BookingAnswers,
    BookingAttempt,
    Bookings,
    Candidates,
    FreeSpots,
    Hold,
    StaleCandidates,
    TooBusy,
)
from reservation_service.application.ports.cancellations import OperatorCancellations, RenderCancelled
from reservation_service.application.ports.gates import (
    EarlyExits,
    GateLists,
    GateReport,
    RenderGateAnswer,
    UnsettledStay,
    UnsettledStays,
)
from reservation_service.application.ports.lots import Copies, LotCopy, Lots, SpotCopy
from reservation_service.application.ports.payments import PaymentBacklog, PaymentOutbox, PaymentWatermark, Time
from reservation_service.application.ports.reservations import (
    ALL,
    BETWEEN_SIGNS,
    Order,
    ReservationFilter,
    Reservations,
    signs_of,
)
from reservation_service.application.ports.supply import SupplyChanges
from reservation_service.application.ports.timetable import SpotRequest, Timetable
from reservation_service.application.ports.tokens import SignedList, Tokens
from reservation_service.application.ports.users import UserCopy, Users
from reservation_service.application.ports.work import OpenWork, Work

__all__ = [
    "ALL",
    "BETWEEN_SIGNS",
    "Alternative",
    "Alternatives",
    "BookingAnswers",
    "BookingAttempt",
    "Bookings",
    "Candidates",
    "Copies",
    "EarlyExits",
    "FreeSpots",
    "GateLists",
    "GateReport",
    "Hold",
    "LotCopy",
    "Lots",
    "OpenWork",
    "OperatorCancellations",
    "Order",
    "PaymentBacklog",
    "PaymentOutbox",
    "PaymentWatermark",
    "RenderCancelled",
    "RenderGateAnswer",
    "ReservationFilter",
    "Reservations",
    "SignedList",
    "SpotCopy",
    "SpotRequest",
    "StaleCandidates",
    "SupplyChanges",
    "Time",
    "Timetable",
    "Tokens",
    "TooBusy",
    "UnsettledStay",
    "UnsettledStays",
    "UserCopy",
    "Users",
    "Work",
    "signs_of",
]
