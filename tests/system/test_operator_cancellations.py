"""An operator cancels bookings of its lot, through the gateway: money, spot, mail, inbox and live message."""

import json
import signal
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
from httpx import codes
from tests.system.backstage import PATIENCE, Provider
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from parking_demo.people import API, Administrator, CarPark, Driver, Json, Operator, require
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import wait_until

PRICE = 600
HALF = PRICE // 2
REASON = "The level is flooded. We are sorry."
WRITES = f"The operator writes: “{REASON}”"
TITLE = "Your reservation is cancelled"


async def cancel(operator: Operator, reservation: Json, refund: str, key: str | None = None) -> httpx.Response:
    body = {"reason": REASON, "refund": refund}
    path = f"/reservations/{reservation['id']}/operator-cancel"
    return await operator.post(path, body, headers={"Idempotency-Key": key or str(uuid4())})


async def booked(driver: Driver, lot: CarPark) -> tuple[Json, Json]:
    """A paid booking that begins in half an hour, when the terms give half back, and its payment."""
    start = datetime.now(UTC) + timedelta(minutes=30)
    reservation = require(await driver.reserve(lot, start=start), codes.CREATED).json()
    payment = await driver.begin_payment(reservation["charge"]["token"])
    assert (await driver.give_card(payment))["status"] == "succeeded"
    return await driver.wait_for_status(reservation["id"], "confirmed"), payment


async def mailed(driver: Driver, reservation: Json) -> str:
    """The text of the one mail that says that this reservation is cancelled."""

    async def arrived() -> list[str]:
        mails = await driver.city.mails_to(driver.email)
        return [
            mail["text"] for mail in mails if mail["subject"].startswith(TITLE) and reservation["id"] in mail["text"]
        ]

    (text,) = await wait_until(arrived, "the mail about the cancellation", seconds=PATIENCE)
    return " ".join(text.split())


async def read_in_inbox(driver: Driver, reservation: Json) -> tuple[str, str | None, int]:
    """What the inbox says of the cancellation: the code, the words, the amount; once the words are there."""

    async def explained() -> Json | None:
        asked = {"kind": "reservation_cancelled", "limit": 100}
        items = require(await driver.get("/notifications", params=asked), codes.OK).json()["items"]
        mine = [each for each in items if each["reservation_id"] == reservation["id"]]
        return mine[0] if mine and mine[0]["reason_in_words"] else None

    found = await wait_until(explained, "the operator's words in the inbox", seconds=PATIENCE)
    assert found
    return found["reason"], found["reason_in_words"], found["amount"]["amount"]


@asynccontextmanager
async def listening(platform: RunningPlatform, driver: Driver) -> AsyncIterator[ClientConnection]:
    """The driver's own room."""
    address = f"{platform.gateway.replace('https', 'wss')}{API}/ws"
    protocol = Subprotocol(f"bearer.{driver.tokens['access_token']}")
    trust = ssl.create_default_context(cafile=platform.ca)
    async with connect(address, subprotocols=[protocol], ssl=trust, proxy=None) as socket:
        await socket.send(json.dumps({"type": "subscribe", "room": f"user:{await driver.user_id()}"}))
        assert json.loads(await socket.recv())["type"] == "subscribed"
        yield socket


async def next_created(socket: ClientConnection, reservation: Json) -> Json:
    """The next message of a new notification of a cancelled reservation."""
    while True:
        message = json.loads(await socket.recv())
        data = message.get("data", {})
        if message.get("event") == "notification.created" and data["kind"] == "reservation_cancelled":
            assert data["reservation_id"] == reservation["id"]
            return data


async def test_an_operator_cancels_in_full_by_the_terms_or_with_nothing_back_and_the_driver_reads_why(
    platform: RunningPlatform,
    administrator: Administrator,
    operator: Operator,
    driver: Driver,
    provider: Provider,
) -> None:
    lot = await operator.open_lot(spots=3)
    stranger = await administrator.take_on_an_operator()
    bookings = {refund: await booked(driver, lot) for refund in ("full", "by_terms", "none")}
    for who, status in ((stranger, codes.NOT_FOUND), (driver, codes.FORBIDDEN)):
        refused = await who.post(
            f"/reservations/{bookings['full'][0]['id']}/operator-cancel", {"reason": REASON, "refund": "full"}
        )
        assert refused.status_code == status
    assert (await driver.reservation(bookings["full"][0]["id"]))["status"] == "confirmed"

    async with listening(platform, driver) as socket:
        for (refund, (reservation, payment)), back in zip(bookings.items(), (PRICE, HALF, 0), strict=True):
            key = str(uuid4())
            first, again = [require(await cancel(operator, reservation, refund, key), codes.OK) for _ in range(2)]
            assert (first.json(), again.headers["Idempotent-Replayed"]) == (again.json(), "true")
            assert (first.json()["status"], first.json()["refund_due"]["amount"]) == ("cancelled", back)
            live = await next_created(socket, reservation)
            assert (live["reason"], live["reason_in_words"], live["amount"]["amount"]) == ("operator", REASON, back)
            assert await read_in_inbox(driver, reservation) == ("operator", REASON, back)
            text = await mailed(driver, reservation)
            assert (
                f"the operator of the car park has cancelled your reservation. The operator writes: “{REASON}”" in text
            )
            assert (f"{back / 100:.2f} CHF is still to come" if back else "Nothing is to come back to you") in text

            async def returned(payment: Json = payment, back: int = back) -> bool:
                return await provider.money_of(payment) == ([PRICE], [back] if back else [])

            await wait_until(returned, "the provider to give back what the operator said", seconds=PATIENCE)
    await _analytics_knows(operator, lot, gross=3 * PRICE, refunds=PRICE + HALF)
    # All three spots are free for somebody else.
    start = datetime.fromisoformat(bookings["full"][0]["start_time"])
    for reservation, _ in bookings.values():
        taken = await driver.reserve(lot, start=start, spot_id=reservation["spot_id"])
        assert taken.status_code == codes.CREATED, taken.text


async def _analytics_knows(operator: Operator, lot: CarPark, **total: int) -> None:
    """The ledger's figures of the lot are these, once they have come."""
    now = datetime.now(UTC)
    window = {"from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(hours=1)).isoformat()}

    async def agrees() -> bool:
        asked = {"parking_lot_id": lot.id, **window}
        seen = require(await operator.get("/analytics/revenue", params=asked), codes.OK).json()["total"]
        return {name: seen[name] for name in total} == total

    await wait_until(agrees, f"analytics to say {total}", seconds=PATIENCE)


async def test_of_a_pending_booking_the_payment_is_withdrawn(
    operator: Operator, driver: Driver, provider: Provider
) -> None:
    lot = await operator.open_lot(spots=1)
    pending = require(await driver.reserve(lot), codes.CREATED).json()
    payment = await driver.begin_payment(pending["charge"]["token"])
    assert require(await cancel(operator, pending, "full"), codes.OK).json()["status"] == "cancelled"

    async def withdrawn() -> bool:
        return [each["status"] for each in await provider.intents_of(payment)] == ["canceled"]

    await wait_until(withdrawn, "the intent to be withdrawn", seconds=PATIENCE)
    assert "Nothing is to come back to you" in await mailed(driver, pending)
    assert (await driver.reserve(lot, spot_id=pending["spot_id"])).status_code == codes.CREATED


async def test_a_full_refund_of_the_operators_own_releases_the_spot_of_a_confirmed_booking(
    operator: Operator, driver: Driver
) -> None:
    """The other way, by payment; and the control: there the mail has no words of the operator's, nor has a driver's."""
    lot = await operator.open_lot(spots=2)
    (refunded, payment), (given_up, _) = [await booked(driver, lot) for _ in range(2)]
    require(
        await operator.post(
            f"/payments/{payment['id']}/refunds", {"reason": "goodwill"}, headers={"Idempotency-Key": str(uuid4())}
        ),
        codes.CREATED,
    )
    require(await driver.post(f"/reservations/{given_up['id']}/cancel"), codes.OK)
    await driver.wait_for_status(refunded["id"], "cancelled")
    start = datetime.fromisoformat(refunded["start_time"])
    assert (await driver.reserve(lot, start=start, spot_id=refunded["spot_id"])).status_code == codes.CREATED
    texts = [await mailed(driver, each) for each in (refunded, given_up)]
    assert "the operator has given back all that you paid, so your reservation is cancelled" in texts[0]
    for text in texts:
        assert "writes" not in text


async def test_while_reservation_does_not_answer_the_mail_waits_for_the_right_words(
    platform: RunningPlatform, operator: Operator, driver: Driver
) -> None:
    lot = await operator.open_lot(spots=1)
    reservation, _ = await booked(driver, lot)
    # Notification reads of it only when reservation, which has published it, answers nobody any more.
    platform.signal("notification-work", signal.SIGSTOP)
    try:
        require(await cancel(operator, reservation, "full"), codes.OK)
        platform.signal("reservation-serve", signal.SIGSTOP)
    finally:
        platform.signal("notification-work", signal.SIGCONT)
    try:
        asked = {"kind": "reservation_cancelled"}

        async def known() -> list[Json]:
            return require(await driver.get("/notifications", params=asked), codes.OK).json()["items"]

        (entry,) = await wait_until(known, "the entry in the inbox", seconds=PATIENCE)
        assert (entry["reason"], entry["reason_in_words"]) == ("operator", None)
        mails = await driver.city.mails_to(driver.email)
        assert [mail["subject"] for mail in mails if mail["subject"].startswith(TITLE)] == []
    finally:
        platform.signal("reservation-serve", signal.SIGCONT)
    assert WRITES in await mailed(driver, reservation)
    assert await read_in_inbox(driver, reservation) == ("operator", REASON, PRICE)


async def test_nobody_outside_gets_an_operators_words(platform: RunningPlatform, operator: Operator) -> None:
    path = f"/internal/reservations/{uuid4()}/operator-reason"
    for inside in ("", API):
        outside = await operator.city.client.get(f"{platform.gateway}{inside}{path}", headers=operator.authorization)
        assert outside.status_code == codes.NOT_FOUND
    async with httpx.AsyncClient(trust_env=False) as client:
        direct = await client.get(f"{platform.address('reservation')}{path}", headers=operator.authorization)
    assert direct.status_code == codes.UNAUTHORIZED
