"""Notifications, deliveries and source events for tests, with ids of their own."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from notification_service.application.ports import LotCopy, OpenWork
from notification_service.domain.deliveries import Channel, Delivery
from notification_service.domain.notifications import Details, Notification, NotificationKind, NotificationState
from notification_service.domain.source_events import SourceEvent, reservation_rooms
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.money import Money

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)


def details(**changes: Any) -> Details:
    values: dict[str, Any] = {
        "parking_lot_id": uuid4(),
        "reservation_id": uuid4(),
        "amount": Money(1250, "CHF"),
        "spot_number": "A7",
        "starts_at": NOW + timedelta(hours=1),
        "ends_at": NOW + timedelta(hours=4),
    }
    return Details(**(values | changes))


def notification(**changes: Any) -> NotificationState:
    values: dict[str, Any] = {
        "id": new_id(),
        "user_id": uuid4(),
        "kind": NotificationKind.RESERVATION_CONFIRMED,
        "details": details(),
        "event_id": new_id(),
        "created_at": NOW,
    }
    return NotificationState(**(values | changes))


def lot(**changes: Any) -> LotCopy:
    values: dict[str, Any] = {"id": uuid4(), "name": "Sihlquai", "address": "Sihlquai 41, Zürich"}
    return LotCopy(**(values | {"time_zone": "Europe/Zurich", "version": 1} | changes))


async def kept_notification(open_work: OpenWork, **changes: Any) -> NotificationState:
    state = notification(**changes)
    async with open_work(THE_SERVICE) as work:
        assert await work.notifications.add([Notification(state)]) == {state.id}
    return state


async def kept_mail(open_work: OpenWork, at: datetime = NOW) -> Delivery:
    state = await kept_notification(open_work)
    delivery = Delivery.of(state, new_id(), Channel.EMAIL, at)
    async with open_work(THE_SERVICE) as work:
        await work.deliveries.add([delivery])
    return delivery


def source_event(name: str = "reservation.confirmed", **changes: Any) -> SourceEvent:
    facts = changes.get("details", details())
    user_id = changes.pop("user_id", uuid4())
    values: dict[str, Any] = {
        "event_id": new_id(),
        "name": name,
        "at": NOW,
        "rooms": reservation_rooms(facts.reservation_id, user_id, uuid4()),
        "public": {"id": str(facts.reservation_id)},
        "user_id": user_id,
        "details": facts,
    }
    return SourceEvent(**(values | changes))
