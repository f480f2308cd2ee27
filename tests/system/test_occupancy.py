"""A spot that is freed early and sold again: the list and the charts follow, through the gateway and all services."""

from datetime import datetime, timedelta

from parking_demo.people import CarPark, City, Driver, Operator, soon
from parking_platform.testing.waiting import wait_until


async def test_a_spot_that_is_freed_early_and_sold_again_is_taken_once(
    city: City, driver: Driver, operator: Operator
) -> None:
    lot, start = await operator.open_lot(spots=2), soon()
    await _available(operator, lot, 2)
    first = await _booked(driver, lot, start)
    await _rate(operator, lot, start, 0.5)
    code = await driver.qr_text(first)
    assert (await operator.gate("check-in", lot, code))["decision"] == "open"
    await _available(operator, lot, 1)
    assert (await operator.gate("check-out", lot, code))["decision"] == "open"
    await _available(operator, lot, 2)
    await _rate(operator, lot, start, 0)
    await _booked(await Driver.registered(city), lot, start)
    await _rate(operator, lot, start, 0.5)


async def _booked(driver: Driver, lot: CarPark, start: datetime) -> str:
    answer = await driver.reserve(lot, start=start, spot_id=lot.spots["1"])
    assert answer.status_code == 201, answer.text
    reservation = answer.json()
    await driver.pay(reservation)
    await driver.wait_for_status(reservation["id"], "confirmed")
    return reservation["id"]


async def _available(operator: Operator, lot: CarPark, spots: int) -> None:
    async def shown() -> bool:
        return (await operator.get(f"/parking-lots/{lot.id}")).json()["available_spots"] == spots

    await wait_until(shown, f"{spots} available spots")


async def _rate(operator: Operator, lot: CarPark, start: datetime, booked: float) -> None:
    """The share of an hour that lies within the bookings."""
    period = {"from": (start + timedelta(minutes=5)).isoformat(), "to": (start + timedelta(minutes=65)).isoformat()}

    async def shown() -> bool:
        answer = await operator.get("/analytics/occupancy", params={"parking_lot_id": lot.id, **period})
        assert answer.status_code == 200, answer.text
        return {bucket["booked_rate"] for bucket in answer.json()["buckets"]} == {booked}

    await wait_until(shown, f"a booked rate of {booked}")
