"""From an event on Kafka to the driver: mail, inbox, sockets on two processes."""

import httpx
from libs.events.tests.later_values import LATER
from libs.messaging.tests.later_events import later_records, publish_and_wait
from services.notification.tests.events import Publishing, lot_event, payment_event, reservation_event
from services.notification.tests.installation import access_token, bearer
from services.notification.tests.running import RunningNotification
from services.notification.tests.talking import enter, receive_events

from notification_service.entrypoints import consumers
from parking_chassis.ids import new_id
from parking_events import (
    LotOccupancyState,
    LotState,
    PaymentState,
    ReservationState,
    SpotOccupancyState,
    SupplyChangeState,
    WireEvent,
)
from parking_platform.testing.waiting import wait_until


async def test_a_confirmation_reaches_mail_inbox_and_sockets_once(
    notification: RunningNotification, publish: Publishing
) -> None:
    user_id, address = await notification.registered("Dora <Driver>")
    event = reservation_event(user_id=user_id)
    async with notification.socket(user_id, 0) as here, notification.socket(user_id, 1) as there:
        for socket in (here, there):
            assert (await enter(socket, f"user:{user_id}"))["type"] == "subscribed"
        await publish(lot_event(event.parking_lot_id))
        await publish(event, times=3, event_id=new_id())
        for socket in (here, there):
            confirmed, created = await receive_events(socket, 2)
            assert (confirmed["event"], confirmed["id"]) == ("reservation.confirmed", "1")
            assert confirmed["data"]["id"] == str(event.reservation_id)
            assert confirmed["data"]["total_cost"] == {"amount": 1250, "currency": "CHF"}
            assert (created["event"], created["id"]) == ("notification.created", "2")
        payment = payment_event(
            user_id=user_id, reservation_id=event.reservation_id, parking_lot_id=event.parking_lot_id
        )
        await publish(payment)  # what comes next shows that nothing came twice before
        for socket in (here, there):
            assert [each["id"] for each in await receive_events(socket, 2)] == ["3", "4"]
    mails = await notification.wait_mails(address, 2)
    assert sorted(mail["subject"] for mail in mails) == [
        "We have received your payment: Sihlquai & Söhne",
        "Your reservation is confirmed: Sihlquai & Söhne",
    ]
    mail = next(mail for mail in mails if "confirmed" in mail["subject"])
    for part in ("Wed 1 July 2026, 08:00 CEST", "Wed 1 July 2026, 11:00 CEST", "A7", "12.50 CHF"):
        assert part in mail["text"]
        assert part in mail["html"]
    assert f"https://parking.test/reservations/{event.reservation_id}" in mail["text"]
    assert "Dora &lt;Driver&gt;" in mail["html"]
    await _inbox(notification, access_token(user_id))
    await _published(notification, user_id)


async def _inbox(notification: RunningNotification, token: str) -> None:
    headers = bearer(token)
    async with httpx.AsyncClient(base_url=notification.serving[1].url, trust_env=False, headers=headers) as client:
        first = (await client.get("/api/v1/notifications", params={"limit": 1})).json()
        assert [item["kind"] for item in first["items"]] == ["payment_succeeded"]
        second = (await client.get(first["next"])).json()
        (item,) = second["items"]
        assert (item["kind"], item["read_at"], second["next"]) == ("reservation_confirmed", None, None)
        read = await client.post(f"/api/v1/notifications/{item['id']}/read")
        again = await client.post(f"/api/v1/notifications/{item['id']}/read")
        assert read.status_code == again.status_code == 200
        assert read.json()["read_at"] == again.json()["read_at"] is not None
        stranger = bearer(access_token())
        foreign = await client.post(f"/api/v1/notifications/{item['id']}/read", headers=stranger)
        assert (foreign.status_code, foreign.json()["type"]) == (404, "/problems/not-found")


async def _published(notification: RunningNotification, user_id: object) -> None:
    async def all_published() -> bool:
        published = await notification.fetch(
            "SELECT type FROM outbox WHERE partition_key = $1 AND sent_at IS NOT NULL", str(user_id)
        )
        return published == [("parking.notification.sent.v1",)] * 4

    await wait_until(all_published, "four events about notifications")


async def test_what_newer_services_publish_is_no_dead_letter(
    notification: RunningNotification, publish: Publishing
) -> None:
    """Every event that is consumed, once for each enumeration in it, with a value that this release does not know."""
    states: dict[str, tuple[type[WireEvent], ...]] = {
        consumers.LOTS: (LotState,),
        consumers.RESERVATIONS: (ReservationState,),
        consumers.PAYMENTS: (PaymentState,),
        consumers.OCCUPANCY: (SpotOccupancyState, LotOccupancyState),
        consumers.SUPPLY_CHANGES: (SupplyChangeState,),
    }
    without = {consumers.LOGINS, consumers.ORGANIZATIONS}
    assert set(states) == set(consumers.GROUPS) - without, "ended logins and organizations have no enumeration"
    for group, of_group in states.items():
        records = [record for state in of_group for record in later_records(state)]
        await publish_and_wait(notification.settings.kafka_bootstrap_servers, records, group)
    assert await notification.fetch("SELECT topic, error FROM dead_letters WHERE error LIKE $1", f"%{LATER}%") == []
    assert await notification.fetch("SELECT count(*) FROM dead_letters WHERE resolved_at IS NULL") == [(0,)]
    for field in ("status", "spot_type"):
        said = f'%"{field}":"{LATER}"%'
        assert await notification.fetch("SELECT 1 FROM room_events WHERE data LIKE $1 LIMIT 1", said) == [(1,)]
