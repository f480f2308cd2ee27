"""What the services must do at each step of a story."""

from collections.abc import Sequence
from typing import Final

from parking_demo.effects import Effect, Medium


def _rows(service: str, *changes: str) -> list[Effect]:
    return [Effect(service, Medium.ROWS, change) for change in changes]


def _events(service: str, *names: str) -> list[Effect]:
    return [Effect(service, Medium.EVENT, name) for name in names]


def _live(*names: str) -> list[Effect]:
    return [Effect("notification", Medium.LIVE, name) for name in names]


def _documents(*changes: str) -> list[Effect]:
    return [Effect("analytics", Medium.DOCUMENT, f"parking-{change}") for change in changes]


def _mails(*subjects: str) -> list[Effect]:
    return [Effect("notification", Medium.MAIL, subject) for subject in subjects]


SIGNED_IN: Final[Sequence[Effect]] = (*_rows("auth", "logins open"), *_events("auth", "session.started"))
HELD: Final[Sequence[Effect]] = (
    *_rows("reservation", "reservations pending", "allocations taken"),
    *_events("reservation", "reservation.created"),
    *_rows("payment", "reservation_dues pending"),
    *_rows("notification", "reservation_owners known"),
    *_live("reservation.created"),
    *_documents("reservations pending"),
)
ASKED_BY_THE_BANK: Final[Sequence[Effect]] = (
    *_rows("payment", "payments action_required"),
    *_events("payment", "payment.requested", "payment.action_required"),
    *_live("payment.action_required"),
)
PAID: Final[Sequence[Effect]] = (
    *_rows("payment", "payments succeeded", "ledger_entries payment"),
    *_events("payment", "payment.succeeded", "ledger.posted"),
    *_rows("reservation", "reservations confirmed"),
    *_events("reservation", "reservation.confirmed"),
    *_rows("notification", "notifications payment_succeeded", "notifications reservation_confirmed", "deliveries sent"),
    *_events("notification", "notification.sent"),
    *_mails("Your reservation is confirmed", "We have received your payment"),
    *_live("payment.succeeded", "reservation.confirmed"),
    *_documents("reservations confirmed", "ledger payment"),
)
IN: Final[Sequence[Effect]] = (
    *_rows("reservation", "reservations active"),
    *_events("reservation", "reservation.checked_in"),
    *_live("reservation.checked_in"),
    *_documents("reservations active"),
)
OUT: Final[Sequence[Effect]] = (
    *_rows("reservation", "reservations completed", "allocations gone"),
    *_events("reservation", "reservation.completed"),
    *_live("reservation.completed"),
    *_documents("reservations completed"),
)

BOOKED: Final[Sequence[Effect]] = (
    *_rows("reservation", "allocations taken"),
    *_events("reservation", "reservation.created"),
    *PAID,
)
REFUNDED: Final[Sequence[Effect]] = (
    *_rows("reservation", "reservations cancelled", "allocations gone"),
    *_events("reservation", "reservation.cancelled"),
    *_rows("payment", "ledger_entries refund"),
    *_events("payment", "payment.refunded", "ledger.posted"),
    *_rows("notification", "notifications reservation_cancelled", "notifications payment_refunded", "deliveries sent"),
    *_mails("Your reservation is cancelled", "Your money is on its way back"),
    *_live("reservation.cancelled", "payment.refunded"),
    *_documents("reservations cancelled", "ledger refund"),
)
MOVED_AND_REFUNDED: Final[Sequence[Effect]] = (
    *_rows("reservation", "reservations confirmed", "allocations taken"),
    *_events("reservation", "reservation.changed"),
    *_rows("notification", "notifications reservation_changed"),
    *_mails("Your reservation has changed"),
    *_live("reservation.changed"),
    *REFUNDED,
)
