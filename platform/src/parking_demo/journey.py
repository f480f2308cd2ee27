"""The journey: a driver finds a lot, reserves, pays, drives in and out, and the operator sees the revenue."""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from httpx import codes

from parking_demo import expectations
from parking_demo.effects import Subject
from parking_demo.people import CarPark, Driver, Json, Operator, UnexpectedAnswer, require, soon
from parking_demo.steps import SEE_SECONDS, Stage, Step, StepReport
from parking_demo.watching.witnesses import Witnesses
from parking_demo.words import clock, money
from parking_platform.testing.waiting import wait_until

HOURS: Final = 2
RADIUS_M: Final = 2_000
MOST_FOUND: Final = 100  # the longest page; others may have opened lots at the same place
SHOWN: Final = 3
CARD: Final = "pm_card_threeDSecure2Required"


@dataclass(frozen=True, slots=True)
class Goal:
    """Where the driver wants to go."""

    name: str
    latitude: float
    longitude: float


@dataclass(slots=True)
class Journey:
    """One booking by one driver in a lot of the operator's organization; played once."""

    driver: Driver
    operator: Operator
    goal: Goal
    witnesses: Witnesses
    see_seconds: float = SEE_SECONDS
    begins_at: datetime = field(default_factory=soon)
    lot: Json = field(init=False, default_factory=dict[str, Any])
    reservation: Json = field(init=False, default_factory=dict[str, Any])
    intent: Json = field(init=False, default_factory=dict[str, Any])
    credential: str = field(init=False, default="")
    earned_before: int = field(init=False, default=0)
    _stage: Stage = field(init=False)

    def __post_init__(self) -> None:
        self._stage = Stage(self.witnesses, Subject(self.driver.email), self.see_seconds)

    def play(self) -> AsyncGenerator[StepReport]:
        """See `parking_demo.steps.Story`."""
        return self._stage.play(self._steps())

    @property
    def title(self) -> str:
        """See Story."""
        return "A booking"

    @property
    def summary(self) -> str:
        """See Story."""
        return (
            f"spot {self.reservation['spot_number']} of {self.lot['name']} reserved, "
            f"paid {money(self.reservation['total_cost'])} with 3-D Secure, in and out, seen in Elasticsearch"
        )

    def _steps(self) -> Sequence[Step]:
        near = f"The driver looks for a car park near {self.goal.name}"
        return (
            Step("The driver signs in", self._sign_in, expectations.SIGNED_IN),
            Step(near, self._find),
            Step("The driver asks for the price", self._ask_price),
            Step("The driver reserves a spot", self._reserve, expectations.HELD),
            Step("The driver gives a card, and the bank has a question", self._pay, expectations.ASKED_BY_THE_BANK),
            Step("The driver answers the bank (3-D Secure)", self._answer_bank, expectations.PAID),
            Step("The driver shows the QR code and drives in", self._drive_in, expectations.IN),
            Step("The driver drives out", self._drive_out, expectations.OUT),
            Step("The operator looks at the revenue", self._see_revenue),
        )

    async def _sign_in(self) -> Sequence[str]:
        return await self._stage.open_app(self.driver)

    async def _find(self) -> Sequence[str]:
        await self.operator.sign_in()
        where = {
            "latitude": self.goal.latitude,
            "longitude": self.goal.longitude,
            "radius_m": RADIUS_M,
            "limit": MOST_FOUND,
        }
        found: list[Json] = require(await self.driver.get("/parking-lots", params=where), codes.OK).json()["items"]
        mine = require(await self.operator.get("/organizations"), codes.OK).json()["items"]
        organizations = {organization["id"] for organization in mine}
        for lot in found:
            if lot["organization_id"] in organizations and (free := await self._bookable(lot)):
                self.lot = lot
                chosen = f"Takes {lot['name']}, {lot['address']}: {free} spots can be booked {self._window}"
                return [*map(_offer, found[:SHOWN]), chosen]
        raise UnexpectedAnswer(f"of {len(found)} car parks within {RADIUS_M} m, none of the operator's has a spot then")

    async def _bookable(self, lot: Json) -> int:
        window = {"from": self.begins_at.isoformat(), "to": self._ends_at.isoformat()}
        answer = await self.driver.get(f"/parking-lots/{lot['id']}/availability", params=window)
        return require(answer, codes.OK).json()["free"]

    async def _ask_price(self) -> Sequence[str]:
        window = {"start_time": self.begins_at.isoformat(), "end_time": self._ends_at.isoformat()}
        quote = await self.driver.post("/quotes", {"parking_lot_id": self.lot["id"], **window})
        price = require(quote, codes.OK).json()
        currency = price["total_cost"]["currency"]
        items = [f"{item['label']}: {money({**item, 'currency': currency})}" for item in price["line_items"]]
        return [f"{money(price['total_cost'])} for {HOURS} hours: {', '.join(items)}"]

    async def _reserve(self) -> Sequence[str]:
        answer = await self.driver.reserve(self._car_park, start=self.begins_at, hours=HOURS)
        self.reservation = require(answer, codes.CREATED).json()
        self._stage.subject.reservation_ids.add(self.reservation["id"])
        held_until = clock(self.reservation["hold_expires_at"], self.lot["time_zone"])
        return [
            f"Spot {self.reservation['spot_number']} {self._window}, held until {held_until}"
            f" for {money(self.reservation['charge']['amount'])}",
            f"reservation {self.reservation['id']}",
        ]

    async def _pay(self) -> Sequence[str]:
        self.earned_before = (await self._revenue())["gross"]
        payment = await self.driver.begin_payment(self.reservation["charge"]["token"])
        self.intent = await self.driver.give_card(payment, CARD)
        if self.intent.get("status") != "requires_action":
            raise UnexpectedAnswer(f"the card was answered with {self.intent}, not with a question of the bank")
        return [f"payment {payment['id']}, confirmed as Stripe.js does: requires_action"]

    async def _answer_bank(self) -> Sequence[str]:
        page = await self.driver.answer_bank(self.intent)
        await self.driver.wait_for_status(self.reservation["id"], "confirmed")
        return [f"Presses Complete on {page.rsplit('/', 2)[0]}/…; the reservation is confirmed"]

    async def _drive_in(self) -> Sequence[str]:
        self.credential = await self.driver.qr_text(self.reservation["id"])
        stay = await self._gate("check-in")
        return [
            f"The code on the picture says {self.credential[:24]}… ({len(self.credential)} characters)",
            f"The gate opens: parking session {stay['parking_session_id']}",
        ]

    async def _drive_out(self) -> Sequence[str]:
        await self._gate("check-out")
        return ["The gate opens; nothing more is due"]

    async def _see_revenue(self) -> Sequence[str]:
        paid = self.reservation["total_cost"]

        async def risen() -> Json | None:
            now = await self._revenue()
            return now if now["gross"] >= self.earned_before + paid["amount"] else None

        earned = await wait_until(risen, f"the revenue to rise by {money(paid)}", seconds=self.see_seconds)
        assert earned
        gross, before = (money({**paid, "amount": amount}) for amount in (earned["gross"], self.earned_before))
        (entry,) = await self.witnesses.documents.about("parking-ledger", self.reservation["id"])
        document = {name: entry["_source"][name] for name in ("kind", "gross", "tax", "currency", "posted_at")}
        return [
            f"By the API, {self.lot['name']} earned {gross} in the last 24 hours, {before} before this payment",
            f"The document in Elasticsearch: parking-ledger/{entry['_id']} {json.dumps(document)}",
        ]

    async def _revenue(self) -> Json:
        """Of the lot, of the last 24 hours."""
        window = {
            "from": (self.begins_at - timedelta(hours=24)).isoformat(),
            "to": (self.begins_at + timedelta(hours=1)).isoformat(),
        }
        asked = {"parking_lot_id": self.lot["id"], **window}
        return require(await self.operator.get("/analytics/revenue", params=asked), codes.OK).json()["total"]

    async def _gate(self, way: str) -> Json:
        answer = await self.operator.gate(way, self._car_park, self.credential)
        if answer["decision"] != "open":
            raise UnexpectedAnswer(f"the gate stays shut: {answer['reason']}")
        return answer

    @property
    def _car_park(self) -> CarPark:
        return CarPark(self.lot["id"], {})

    @property
    def _ends_at(self) -> datetime:
        return self.begins_at + timedelta(hours=HOURS)

    @property
    def _window(self) -> str:
        zone = self.lot["time_zone"]
        return f"from {clock(self.begins_at, zone)} to {clock(self._ends_at, zone)}"


def _offer(lot: Json) -> str:
    """A line of the list that the driver sees."""
    rate = lot["hourly_rate"]  # for display: outside of the tariff's time bands
    price = f"{money(rate)} an hour by day" if rate else "price by tariff"
    return (
        f"{lot['name']:<34} {lot['distance_m']:>6.0f} m   {price:<24} {lot['available_spots']:>4}"
        f" of {lot['total_spots']} spots free now"
    )
