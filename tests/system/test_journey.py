"""The journey: find, reserve, pay, be notified, drive in and out; and the operator sees the money."""

from datetime import UTC, datetime, timedelta

from parking_demo.people import City, Driver, Json, Operator, soon
from parking_platform.testing.waiting import wait_until


async def test_a_driver_parks_and_the_operator_earns(city: City, driver: Driver, operator: Operator) -> None:
    lot = await operator.open_lot(spots=3, hourly=200)
    near = {"latitude": 47.3826, "longitude": 8.5346, "radius_m": 500, "limit": 100}
    found = (await city.client.get("/api/v1/parking-lots", params=near)).json()["items"]
    assert lot.id in {each["id"] for each in found}

    quote = await driver.post("/quotes", _window(lot.id))
    booked = await driver.reserve(lot, start=soon())
    assert booked.status_code == 201, booked.text
    reservation = booked.json()
    assert reservation["total_cost"] == quote.json()["total_cost"] == {"amount": 600, "currency": "CHF"}

    assert (await driver.pay(reservation))["status"] == "succeeded"
    await driver.wait_for_status(reservation["id"], "confirmed")
    mail = await city.wait_for_mail(driver.email, "confirmed")
    assert reservation["spot_number"] in mail["text"]

    credential = await driver.qr_text(reservation["id"])
    entered = await operator.gate("check-in", lot, credential)
    assert (entered["decision"], entered["reason"]) == ("open", "ok")
    assert (await driver.reservation(reservation["id"]))["status"] == "active"
    left = await operator.gate("check-out", lot, credential)
    assert (left["decision"], left["parking_session_id"]) == ("open", entered["parking_session_id"])
    assert (await driver.reservation(reservation["id"]))["status"] == "completed"

    earned = await _earned(operator, lot.id)
    assert earned["total"] == {"gross": 600, "refunds": 0, "tax": 0, "net": 600, "payments": 1}
    inbox = (await driver.get("/notifications")).json()["items"]
    assert {"payment_succeeded", "reservation_confirmed"} <= {each["kind"] for each in inbox}


async def test_who_cancels_in_time_gets_all_back(city: City, driver: Driver, operator: Operator) -> None:
    lot = await operator.open_lot(spots=1)
    reservation = (await driver.reserve(lot)).json()
    payment = await driver.begin_payment(reservation["charge"]["token"])
    await driver.give_card(payment)
    await driver.wait_for_status(reservation["id"], "confirmed")

    cancelled = await driver.post(f"/reservations/{reservation['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()["refund_due"]["amount"]) == (200, 600)

    async def refunded() -> bool:
        return (await driver.get(f"/payments/{payment['id']}")).json()["status"] == "refunded"

    await wait_until(refunded, "the money to go back")
    assert (await driver.reserve(lot)).status_code == 201, "the spot is free again"
    await city.wait_for_mail(driver.email, "cancelled")


def _window(lot_id: str) -> Json:
    start = soon()
    return {
        "parking_lot_id": lot_id,
        "start_time": start.isoformat(),
        "end_time": (start + timedelta(hours=3)).isoformat(),
    }


async def _earned(operator: Operator, lot_id: str) -> Json:
    """The lot's revenue, as soon as there is any."""
    now = datetime.now(UTC)
    window = {"from": (now - timedelta(hours=1)).isoformat(), "to": (now + timedelta(hours=1)).isoformat()}

    async def seen() -> Json | None:
        answer = await operator.get("/analytics/revenue", params={"parking_lot_id": lot_id, **window})
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.json()["total"]["payments"] else None

    found = await wait_until(seen, "the payment to be seen by analytics")
    assert found
    return found
