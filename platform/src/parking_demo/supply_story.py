"""Supply that goes away under bookings: one change moves one booking and refunds another."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

import httpx
from httpx import codes

from parking_demo import expectations
from parking_demo.effects import Subject
from parking_demo.people import API, CarPark, Driver, Json, Operator, require, tomorrow_at
from parking_demo.steps import SEE_SECONDS, Stage, Step, StepReport
from parking_demo.watching.witnesses import Witnesses
from parking_demo.words import clock, money
from parking_platform.testing.waiting import wait_until

ZONE: Final = "Europe/Berlin"
TEMPELHOF: Final = {"latitude": 52.4736, "longitude": 13.4017}
"""Away from where the journey looks for a car park: two may be played at once."""
HOURS: Final = 2
NOON, EVENING = 11, 17


@dataclass(slots=True)
class SupplyStory:
    """A car park of two spots that is made for it, and retired in the end."""

    driver: Driver
    operator: Operator
    witnesses: Witnesses
    see_seconds: float = SEE_SECONDS
    lot: CarPark = field(init=False)
    noon: Json = field(init=False)
    evening: Json = field(init=False)
    _stage: Stage = field(init=False)

    def __post_init__(self) -> None:
        self._stage = Stage(self.witnesses, Subject(self.driver.email), self.see_seconds)

    def play(self) -> AsyncGenerator[StepReport]:
        """See `parking_demo.steps.Story`."""
        return self._stage.play(self._steps())

    @property
    def title(self) -> str:
        """See Story."""
        return "Supply that goes away under bookings"

    @property
    def summary(self) -> str:
        """See Story."""
        return (
            f"of two bookings of spot 1, which went out of service, one was moved to spot {self.noon['spot_number']}"
            f" and {money(self.evening['refund_due'])} of the other went back"
        )

    def _steps(self) -> Sequence[Step]:
        taken = "The operator takes spot 1 out of service: one booking is moved, the other refunded"
        ended = "The operator retires the car park: who is left gets everything back"
        return (
            Step("The driver signs in again", lambda: self._stage.open_app(self.driver), expectations.SIGNED_IN),
            Step("The operator opens a car park of two spots", self._open),
            Step("The driver books spot 1 at noon, and pays", self._book_noon, expectations.BOOKED),
            Step("The driver books spot 1 in the evening, and pays", self._book_evening, expectations.BOOKED),
            Step("The other spot is held that evening", self._hold_other, expectations.HELD),
            Step("The operator asks what would be in the way", self._ask),
            Step(taken, self._take_away, expectations.MOVED_AND_REFUNDED),
            Step(ended, self._retire, expectations.REFUNDED),
        )

    async def _open(self) -> Sequence[str]:
        await self.operator.sign_in()
        mine = require(await self.operator.get("/organizations"), codes.OK).json()["items"]
        name = f"Baustelle {uuid4().hex[:6]}"
        self.lot = await self.operator.open_lot(
            organization_id=min(each["id"] for each in mine),  # who belongs to several must say whose it is
            spots=2,
            currency="EUR",
            name=name,
            location=TEMPELHOF,
            address="Tempelhofer Damm 45, 12101 Berlin",
            time_zone=ZONE,
        )
        return [f"{name}, spots 1 and 2; reservation has seen both"]

    async def _book_noon(self) -> Sequence[str]:
        self.noon = await self._booked("1", NOON)
        await self.driver.pay(self.noon)
        return [_shown(await self.driver.wait_for_status(self.noon["id"], "confirmed"))]

    async def _book_evening(self) -> Sequence[str]:
        self.evening = await self._booked("1", EVENING)
        await self.driver.pay(self.evening)
        return [_shown(await self.driver.wait_for_status(self.evening["id"], "confirmed"))]

    async def _hold_other(self) -> Sequence[str]:
        return [_shown(await self._booked("2", EVENING))]

    async def _ask(self) -> Sequence[str]:
        async def shown() -> Json | None:
            """Parking's own copy of the bookings comes a moment later."""
            preview = require(await self._take_out(preview="true"), codes.OK).json()
            return preview if preview["count"] == len((self.noon, self.evening)) else None

        preview = await wait_until(shown, "parking to know both bookings", seconds=self.see_seconds)
        assert preview
        refused = require(await self._take_out(), codes.CONFLICT).json()
        as_of = clock(preview["as_of"], ZONE)
        return [
            f"`?preview=true` shows {preview['count']} bookings as of {as_of}, and changes nothing",
            f"Without saying what becomes of them it is {refused['status']} {refused['type']}",
        ]

    async def _take_away(self) -> Sequence[str]:
        accepted = require(await self._take_out(affected="move"), codes.ACCEPTED)
        job = await self._settled(accepted.headers["Location"], moved=1, refunded=1)
        self.noon = await self.driver.reservation(self.noon["id"])
        self.evening = await self.driver.wait_for_status(self.evening["id"], "cancelled")
        return [
            f"`?affected=move` is a job: of {job['total']} bookings, {job['moved']} moved, {job['refunded']} refunded",
            f"At noon the driver has spot {self.noon['spot_number']} now, at the same price",
            f"In the evening no spot is free: {money(self.evening['refund_due'])} goes back",
        ]

    async def _retire(self) -> Sequence[str]:
        path = f"/parking-lots/{self.lot.id}"
        accepted = require(await self.operator.send("DELETE", path, params={"affected": "refund"}), codes.ACCEPTED)
        job = await self._settled(accepted.headers["Location"], refunded=1, cancelled=1)
        return [f"{job['refunded']} booking refunded; {job['cancelled']} that was held, and not paid, cancelled"]

    async def _take_out(self, **parameters: str) -> httpx.Response:
        path, body = f"/spots/{self.lot.spots['1']}", {"status": "out_of_service"}
        return await self.operator.send("PATCH", path, json=body, params=parameters)

    async def _settled(self, address: str, **outcomes: int) -> Json:
        """The job, once this became of the bookings."""

        async def reached() -> Json | None:
            job = require(await self.operator.get(address.removeprefix(API)), codes.OK).json()
            return job if job | outcomes == job else None

        job = await wait_until(reached, f"{address} to say {outcomes}", seconds=self.see_seconds)
        assert job
        return job

    async def _booked(self, spot: str, hour: int) -> Json:
        answer = await self.driver.reserve(self.lot, start=tomorrow_at(hour), hours=HOURS, spot_id=self.lot.spots[spot])
        reservation = require(answer, codes.CREATED).json()
        self._stage.subject.reservation_ids.add(reservation["id"])
        return reservation


def _shown(reservation: Json) -> str:
    begins, ends = (clock(reservation[name], ZONE) for name in ("start_time", "end_time"))
    price = money(reservation["total_cost"])
    return f"Spot {reservation['spot_number']} from {begins} to {ends} tomorrow for {price}: {reservation['status']}"
