"""The live message that a user gets of a new notification."""

import json

from notification_service.domain.notifications import TITLES, NotificationState
from notification_service.domain.rooms import Room, RoomKind, RoomMessage


def created_message(state: NotificationState) -> RoomMessage:
    """For the user's own room."""
    details = state.details
    data = {
        "id": str(state.id),
        "kind": state.kind.value,
        "title": TITLES[state.kind],
        "parking_lot_id": str(details.parking_lot_id),
        "reservation_id": str(details.reservation_id),
        "amount": {"amount": details.amount.amount, "currency": details.amount.currency},
        "reason": details.reason,
        "reason_in_words": state.reason_in_words,
        "created_at": state.created_at.isoformat(),
    }
    return RoomMessage(Room(RoomKind.USER, state.user_id), "notification.created", as_json(data))


def as_json(value: object) -> str:
    """As rooms get it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
