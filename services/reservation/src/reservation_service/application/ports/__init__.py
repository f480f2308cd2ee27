"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them."""

from reservation_service.application.ports.bookings import (
    Alternative,
    Alternatives,
    BookingAnswers,
    BookingAttempt,
    Bookings,
    Candidates,
    Hold,
    StaleCandidates,
    TooBusy,
)
from reservation_service.application.ports.lots import Copies, LotCopy, Lots, SpotCopy
from reservation_service.application.ports.payments import PaymentBacklog, PaymentOutbox, PaymentWatermark, Time
from reservation_service.application.ports.reservations import Reservations
from reservation_service.application.ports.supply import SupplyChanges
from reservation_service.application.ports.timetable import SpotRequest, Timetable
from reservation_service.application.ports.tokens import GateAnswer, Tokens
from reservation_service.application.ports.work import OpenWork, Work

__all__ = [
    "Alternative",
    "Alternatives",
    "BookingAnswers",
    "BookingAttempt",
    "Bookings",
    "Candidates",
    "Copies",
    "GateAnswer",
    "Hold",
    "LotCopy",
    "Lots",
    "OpenWork",
    "PaymentBacklog",
    "PaymentOutbox",
    "PaymentWatermark",
    "Reservations",
    "SpotCopy",
    "SpotRequest",
    "StaleCandidates",
    "SupplyChanges",
    "Time",
    "Timetable",
    "Tokens",
    "TooBusy",
    "Work",
]
