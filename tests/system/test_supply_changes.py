"""Supply goes away under bookings, in all five ways, through the gateway: parking and reservation together."""

import json
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self
from uuid import UUID, uuid4

import httpx
from httpx import codes
from tests.system.backstage import PATIENCE, Databases, Provider

from parking_demo.people import API, CarPark, Driver, Json, Operator, require, tomorrow_at
from parking_platform.testing.platform import RunningPlatform
from parking_platform.testing.waiting import TimedOut, wait_until

HOURLY = 200
PRICE = 3 * HOURLY
SMALLER = 1
"""Of five spots one is deleted by then. Two are not booked, and go first; of the two that are, `S0005` goes too."""
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNTIL_FIVE = {day: [["06:00", "17:00"]] for day in EVERY_DAY}
"""By the clock in Zurich, where three hours from 12:00 UTC on end in time, and those from 18:00 UTC on do not."""

type Way = Callable[[Mapping[str, str]], Awaitable[httpx.Response]]


@dataclass
class Estate:
    """An imported lot, whose file may come again smaller, and what its operator takes away of it."""

    operator: Operator
    source_id: str
    lot: CarPark

    @classmethod
    async def opened(cls, operator: Operator, spots: int) -> Self:
        """A lot of `S0001`, `S0002` and so on, as soon as it can be booked."""
        source_id = uuid4().hex[:12]
        return await cls.imported(operator, _file(source_id, spots), source_id, spots)

    @classmethod
    async def imported(cls, operator: Operator, file: Json, source_id: str, spots: int) -> Self:
        """The lot of a file of one feature."""
        begun = require(await operator.post_when_known("/parking-lots/import", file), codes.ACCEPTED)
        report = await _report(operator, begun)
        assert (report["created"], report["refused"]) == (1, [])
        drafts = require(await operator.get("/parking-lots/drafts"), codes.OK).json()["items"]
        (lot_id,) = [lot["id"] for lot in drafts if lot["name"] == file["features"][0]["properties"]["name"]]
        line = {"sequence": 1, "type": "incrementing", "from_minutes": 0, "increment_minutes": 60, "amount": HOURLY}
        tariff = {"currency": "CHF", "lines": [line]}
        require(await operator.send("PUT", f"/parking-lots/{lot_id}/tariff", json=tariff), codes.OK)
        return cls(operator, source_id, await _bookable(operator, lot_id, spots))

    async def take_out_of_service(self, number: str, parameters: Mapping[str, str]) -> httpx.Response:
        body = {"status": "out_of_service"}
        return await self.operator.send("PATCH", f"/spots/{self.lot.spots[number]}", json=body, params=parameters)

    async def delete_spot(self, number: str, parameters: Mapping[str, str]) -> httpx.Response:
        return await self.operator.send("DELETE", f"/spots/{self.lot.spots[number]}", params=parameters)

    async def shorten_hours(self, parameters: Mapping[str, str]) -> httpx.Response:
        path = f"/parking-lots/{self.lot.id}/opening-hours"
        return await self.operator.send("PUT", path, json=UNTIL_FIVE, params=parameters)

    async def retire(self, parameters: Mapping[str, str]) -> httpx.Response:
        return await self.operator.send("DELETE", f"/parking-lots/{self.lot.id}", params=parameters)

    async def import_smaller(self, spots: int, parameters: Mapping[str, str]) -> httpx.Response:
        return await self.operator.post("/parking-lots/import", _file(self.source_id, spots), params=parameters)

    async def spots_there(self) -> set[str]:
        """The spots that a driver can be sent to."""
        lot = await self.operator.get(f"/parking-lots/{self.lot.id}")
        if not lot.is_success or lot.json()["status"] == "retired":
            return set()
        listed = require(await self.operator.get(f"/parking-lots/{self.lot.id}/spots"), codes.OK).json()["items"]
        return {spot["id"] for spot in listed if spot["status"] == "in_service"}

    async def left_without_a_spot(self, databases: Databases) -> list[UUID]:
        """The reservations that still count, on spots that are gone."""
        there = await self.spots_there()
        standing = await databases.rows(
            "reservation",
            "SELECT id, spot_id FROM reservations WHERE parking_lot_id = $1"
            " AND status IN ('pending', 'confirmed', 'active')",
            UUID(self.lot.id),
        )
        return [row["id"] for row in standing if str(row["spot_id"]) not in there]

    async def affects(self, way: Way, *reservations: Json) -> None:
        """The preview shows these bookings, once parking knows of them, and the way without a policy is refused."""
        expected = {each["id"] for each in reservations}

        async def shown() -> Json | None:
            preview = require(await way({"preview": "true"}), codes.OK).json()
            return preview if {each["reservation_id"] for each in preview["first"]} == expected else None

        preview = await wait_until(shown, f"the preview to show {expected}")
        assert preview
        assert preview["count"] == len(expected)
        assert datetime.fromisoformat(preview["as_of"]).tzinfo
        refused = await way({})
        assert (refused.status_code, refused.json()["type"]) == (codes.CONFLICT, "/problems/bookings-affected")
        # Not their status: that one is paid may have reached parking meanwhile.
        said, shown_before = (
            (each["count"], [booking | {"status": None} for booking in each["first"]])
            for each in (refused.json(), preview)
        )
        assert said == shown_before
        assert refused.json()["as_of"] >= preview["as_of"]

    async def takes(self, way: Way, policy: str) -> str:
        """The address of the job that a way with a policy is answered with."""
        accepted = require(await way({"affected": policy}), codes.ACCEPTED)
        address = accepted.headers["Location"]
        assert address == f"{API}/supply-changes/{accepted.json()['supply_change_id']}"
        return address.removeprefix(API)

    async def job(self, address: str) -> Json:
        return require(await self.operator.get(address), codes.OK).json()

    async def reaches(self, address: str, **progress: object) -> Json:
        """The job once it says this."""

        async def reached() -> Json | None:
            job = await self.job(address)
            return job if job | progress == job else None

        job = await wait_until(reached, f"{address} to say {progress}", seconds=PATIENCE)
        assert job
        return job


async def test_bookings_are_moved_where_there_is_another_spot_and_nobody_is_left_on_one_that_is_gone(
    platform: RunningPlatform, driver: Driver, operator: Operator, databases: Databases
) -> None:
    """Out of service, a deleted spot, a smaller file: three ways, one after the other, on `affected=move`."""
    estate = await Estate.opened(operator, spots=5)
    noon = await _booked(driver, estate, "S0001", tomorrow_at(12))
    evening = await _booked(driver, estate, "S0005", tomorrow_at(18))

    async def out_of_service(parameters: Mapping[str, str]) -> httpx.Response:
        return await estate.take_out_of_service("S0001", parameters)

    await estate.affects(out_of_service, noon)
    platform.signal("reservation-work", signal.SIGSTOP)
    try:
        jobs = [await estate.takes(out_of_service, "move")]
        # The negative control: before reservation has worked, what is looked for further down is there.
        assert await estate.left_without_a_spot(databases) == [UUID(noon["id"])]
        begun = await estate.job(jobs[0])
        assert (begun["status"], begun["total"], begun["done"]) == ("running", 1, 0)
    finally:
        platform.signal("reservation-work", signal.SIGCONT)
    await estate.reaches(jobs[0], moved=1)
    first = await driver.reservation(noon["id"])

    async def deleted(parameters: Mapping[str, str]) -> httpx.Response:
        return await estate.delete_spot(first["spot_number"], parameters)

    await estate.affects(deleted, noon)
    jobs.append(await estate.takes(deleted, "move"))
    await estate.reaches(jobs[1], moved=1)

    smaller = await operator.post("/parking-lots/import", _file(estate.source_id, SMALLER), params={"preview": "true"})
    assert [each["reservation_id"] for each in smaller.json()["first"]] == [evening["id"]]
    (refused,) = (await _report(operator, await estate.import_smaller(SMALLER, {})))["refused"]
    assert refused["reason"].startswith("1 booking is in the way, the first on spot S0005")
    report = await _report(operator, await estate.import_smaller(SMALLER, {"affected": "move"}))
    (change_id,) = report["supply_changes"]
    jobs.append(f"/supply-changes/{change_id}")
    await estate.reaches(jobs[2], moved=1)

    assert await estate.left_without_a_spot(databases) == []
    spots = await estate.spots_there()
    for before, moves in ((noon, 2), (evening, 1)):
        now = await driver.reservation(before["id"])
        assert (now["status"], now["spot_type"]) == ("confirmed", before["spot_type"])
        assert now["spot_id"] in spots - {before["spot_id"]}
        assert (now["start_time"], now["total_cost"]) == (before["start_time"], before["total_cost"])
        texts = await _mailed(driver, before, "Your reservation has changed", times=moves)
        assert f"We have moved you to spot {now['spot_number']}" in texts[0], "the newest is the first"
        assert await _kinds(driver, before, "reservation_changed") == moves
    for address in jobs:
        done = await estate.reaches(address, status="done", total=1, moved=1)
        assert (done["done"], done["refunded"], done["cancelled"], done["waiting_for_exit"]) == (1, 0, 0, 0)
        assert done["ended_at"]


async def test_bookings_without_another_spot_get_their_money_back_and_pending_ones_their_intent_withdrawn(
    driver: Driver, operator: Operator, databases: Databases, provider: Provider
) -> None:
    """Shorter hours and retirement: the two ways in which no spot of the lot is as good."""
    estate = await Estate.opened(operator, spots=3)
    booked = [await driver.reserve(estate.lot, start=tomorrow_at(hour)) for hour in (12, 18)]
    paid = [require(answer, codes.CREATED).json() for answer in booked]
    payments = [await driver.begin_payment(each["charge"]["token"]) for each in paid]
    for each, payment in zip(paid, payments, strict=True):
        assert (await driver.give_card(payment))["status"] == "succeeded"
        await driver.wait_for_status(each["id"], "confirmed")
    pending = require(await driver.reserve(estate.lot), codes.CREATED).json()
    unpaid = await driver.begin_payment(pending["charge"]["token"])

    await estate.affects(estate.shorten_hours, paid[1])
    hours = await estate.takes(estate.shorten_hours, "move")
    await estate.reaches(hours, refunded=1)
    assert (await driver.reservation(paid[0]["id"]))["status"] == "confirmed", "its time is open still"

    await estate.affects(estate.retire, paid[0], pending)
    retirement = await estate.takes(estate.retire, "refund")
    await estate.reaches(retirement, refunded=1, cancelled=1)
    assert await estate.left_without_a_spot(databases) == []

    for each, payment in zip(paid, payments, strict=True):
        now = await driver.wait_for_status(each["id"], "cancelled")
        assert now["refund_due"]["amount"] == PRICE

        async def returned(payment: Json = payment) -> bool:
            return await provider.money_of(payment) == ([PRICE], [PRICE])

        await wait_until(returned, "the provider to give everything back", seconds=PATIENCE)
        await _mailed(driver, each, "Your money is on its way back")
        (text,) = await _mailed(driver, each, "Your reservation is cancelled")
        assert "the car park has changed" in text
        assert await _kinds(driver, each, "payment_refunded") == 1

    async def withdrawn() -> bool:
        return [each["status"] for each in await provider.intents_of(unpaid)] == ["canceled"]

    await wait_until(withdrawn, "the intent of the pending one to be withdrawn", seconds=PATIENCE)
    assert (await driver.reservation(pending["id"]))["status"] == "cancelled"
    (text,) = await _mailed(driver, pending, "Your reservation is cancelled")
    assert "You owe nothing" in text
    await estate.reaches(hours, status="done", total=1, done=1, refunded=1)
    await estate.reaches(retirement, status="done", total=2, done=2, refunded=1, cancelled=1)


async def test_the_field_s_lot_that_shrinks_refunds_and_notifies_the_driver_whose_spot_goes(
    driver: Driver, operator: Operator, databases: Databases, provider: Provider, shared_cases: Path
) -> None:
    """`import-shrinks-2`, then `import-shrinks-1`, with both spots booked and paid for the same hours in between."""
    two, one = (json.loads((shared_cases / f"import-shrinks-{spots}.geojson").read_text()) for spots in (2, 1))
    estate = await Estate.imported(operator, two, "shrinks", spots=2)
    stays = require(
        await driver.reserve(estate.lot, start=tomorrow_at(12), spot_id=estate.lot.spots["S0001"]), codes.CREATED
    ).json()
    goes = require(
        await driver.reserve(estate.lot, start=tomorrow_at(12), spot_id=estate.lot.spots["S0002"]), codes.CREATED
    ).json()
    payments = [await driver.begin_payment(each["charge"]["token"]) for each in (stays, goes)]
    for each, payment in zip((stays, goes), payments, strict=True):
        assert (await driver.give_card(payment))["status"] == "succeeded"
        await driver.wait_for_status(each["id"], "confirmed")

    async def shrinks(parameters: Mapping[str, str]) -> httpx.Response:
        return await operator.post("/parking-lots/import", one, params=parameters)

    async def seen() -> bool:
        preview = require(await shrinks({"preview": "true"}), codes.OK).json()
        return [each["reservation_id"] for each in preview["first"]] == [goes["id"]]

    await wait_until(seen, "parking to know that both are booked", seconds=PATIENCE)
    (refused,) = (await _report(operator, await shrinks({})))["refused"]
    assert refused["id"] == "shrinks"
    assert refused["reason"].startswith("1 booking is in the way, the first on spot S0002")
    (change_id,) = (await _report(operator, await shrinks({"affected": "move"})))["supply_changes"]
    await estate.reaches(f"/supply-changes/{change_id}", status="done", total=1, refunded=1)
    assert await estate.left_without_a_spot(databases) == []
    assert (await driver.wait_for_status(goes["id"], "cancelled"))["refund_due"]["amount"] == PRICE
    assert (await driver.reservation(stays["id"]))["status"] == "confirmed"

    async def returned() -> bool:
        return await provider.money_of(payments[1]) == ([PRICE], [PRICE])

    await wait_until(returned, "the provider to give everything back", seconds=PATIENCE)
    (text,) = await _mailed(driver, goes, "Your reservation is cancelled")
    assert "the car park has changed" in text


def _file(source_id: str, spots: int) -> Json:
    properties = {"name": f"Building site {source_id}", "capacity": spots, "address": "Weg 1", "type": "garage"}
    point = {"type": "Point", "coordinates": [8.5345, 47.3825]}
    feature = {"type": "Feature", "id": source_id, "properties": properties, "geometry": point}
    return {"type": "FeatureCollection", "features": [feature]}


async def _report(operator: Operator, begun: httpx.Response) -> Json:
    address = f"/imports/{require(begun, codes.ACCEPTED).json()['import_id']}"

    async def ended() -> Json | None:
        report = require(await operator.get(address), codes.OK).json()
        return report if report["status"] != "running" else None

    report = await wait_until(ended, "the import to end", seconds=PATIENCE)
    assert report
    return report


async def _bookable(operator: Operator, lot_id: str, spots: int) -> CarPark:
    asked = {"from": tomorrow_at(12).isoformat(), "to": tomorrow_at(13).isoformat()}
    body = {"parking_lot_id": lot_id, "start_time": asked["from"], "end_time": asked["to"]}

    async def known() -> list[Json]:
        """With its spots, and at the price that was set last."""
        free = await operator.get(f"/parking-lots/{lot_id}/availability", params=asked)
        quote = await operator.post("/quotes", body)
        is_priced = quote.is_success and quote.json()["total_cost"] == {"amount": HOURLY, "currency": "CHF"}
        found = free.json()["spots"] if free.is_success else []
        return found if is_priced and len(found) == spots else []

    free = await wait_until(known, f"the {spots} spots of lot {lot_id} to be bookable")
    return CarPark(lot_id, {spot["spot_number"]: spot["spot_id"] for spot in free})


async def _booked(driver: Driver, estate: Estate, number: str, start: datetime) -> Json:
    """A paid booking of a spot for three hours."""
    answer = await driver.reserve(estate.lot, start=start, spot_id=estate.lot.spots[number])
    reservation = require(answer, codes.CREATED).json()
    assert (await driver.pay(reservation))["status"] == "succeeded"
    return await driver.wait_for_status(reservation["id"], "confirmed")


async def _mailed(driver: Driver, reservation: Json, subject: str, *, times: int = 1) -> Sequence[str]:
    """The texts of the mails about a reservation with such a subject, the newest first, once there are so many."""

    seen: list[tuple[str, bool]] = []

    async def arrived() -> list[str]:
        mails = await driver.city.mails_to(driver.email)
        seen[:] = [(mail["subject"], reservation["id"] in mail["text"]) for mail in mails]
        ours = [mail["text"] for mail in mails if mail["subject"].startswith(subject)]
        ours = [text for text in ours if reservation["id"] in text]
        return ours if len(ours) >= times else []

    try:
        texts = await wait_until(arrived, f"{times} mails {subject!r}", seconds=PATIENCE)
    except TimedOut as error:
        raise AssertionError(f"{error}; about {reservation['id']} or others there are {seen}") from error
    assert len(texts) == times
    return texts


async def _kinds(driver: Driver, reservation: Json, kind: str) -> int:
    """How many of a kind the inbox holds about a reservation."""
    inbox = require(await driver.get("/notifications", params={"limit": 100}), codes.OK).json()["items"]
    return sum(each["kind"] == kind and each["reservation_id"] == reservation["id"] for each in inbox)
