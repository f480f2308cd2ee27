"""What drivers and gates do, by the handlers that the API calls. Done again, it changes nothing: same keys."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import httpx

from parking_demo.seeding.estate import Estate
from parking_demo.seeding.services import Services
from parking_demo.seeding.waiting import wait_until
from parking_demo.seeding.week import PAID, Passage, Story, Visit
from parking_kernel.askers import Asker
from parking_kernel.periods import Period
from parking_kernel.repeatable import Answer, RequestKey
from payment_service.application.commands.start_payment import StartPayment
from payment_service.application.queries.get_payment import GetPayment
from payment_service.domain.errors import ChargeExpired, ChargeNotPayable, PaymentRefused
from payment_service.domain.payment_states import PaymentState, PaymentStatus
from payment_service.entrypoints.http.views import started
from reservation_service.application.commands.cancel_reservation import CancelReservation
from reservation_service.application.commands.check_in import CheckIn
from reservation_service.application.commands.check_out import CheckOut
from reservation_service.application.commands.reserve_spot import ReserveSpot
from reservation_service.application.ports import Alternative, SpotRequest
from reservation_service.application.queries.get_credential import GetCredential
from reservation_service.application.queries.get_reservation import GetReservation
from reservation_service.domain.errors import NoCredential
from reservation_service.domain.gate_answers import GateAnswer
from reservation_service.domain.lots import Lot
from reservation_service.domain.reservations import ReservationState, ReservationStatus
from reservation_service.entrypoints.http.views import ReservationView

OK: Final = 200
CREATED: Final = 201
TAKEN: Final = 409
GOOD_CARD: Final = "pm_card_visa"
BAD_CARD: Final = "pm_card_chargeDeclined"
GIVEN_BACK: Final = frozenset({PaymentStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED})


class _Answers:
    """See `reservation_service.application.ports.BookingAnswers`: as the API answers, but for what nobody reads."""

    def booked(self, reservation: ReservationState, lot: Lot, charge_token: str | None) -> Answer:
        """201, with what is to be paid."""
        return Answer(CREATED, ReservationView.of(reservation, lot.name, charge_token).model_dump_json().encode())

    def taken(self, alternatives: Sequence[Alternative]) -> Answer:
        """409."""
        return Answer(TAKEN, json.dumps({"alternatives": len(alternatives)}).encode())

    def no_such_spots(self, lot: Lot, alternatives: Sequence[Alternative]) -> Answer:
        """409."""
        return Answer(TAKEN, json.dumps({"lot": lot.name, "alternatives": len(alternatives)}).encode())


def _what_is_due(answer: GateAnswer) -> Answer:
    """The amount."""
    return Answer(OK, json.dumps(answer.amount_due.amount if answer.amount_due else 0).encode())


@dataclass(slots=True)
class Driving:
    """Drivers, cards and gates. `reservations` has what was booked, by the visit's number; `refused` what was full."""

    services: Services
    estate: Estate
    browser: httpx.AsyncClient
    reservations: dict[int, UUID] = field(default_factory=dict[int, UUID])
    refused: int = 0

    async def book(self, visit: Visit) -> None:
        """Reserve and pay, as far as the story goes; at the end what happens next may happen."""
        driver = self.estate.drivers[visit.driver]
        spot_request = SpotRequest(
            self.estate.lots[visit.car_park],
            Period(visit.starts_at, visit.ends_at),
            spot_type=visit.spot_type.value if visit.spot_type else None,
        )
        key = RequestKey(f"{driver}:reservations", f"demo-{visit.number}", sha256(repr(spot_request).encode()).digest())
        reserve_spot = self.services.reservation.use_cases.reserve_spot
        answer = await reserve_spot(ReserveSpot(driver, spot_request, key), _Answers())
        if answer.status == TAKEN:
            self.refused += 1
            return
        booked = json.loads(answer.body)
        reservation_id = self.reservations[visit.number] = UUID(booked["id"])
        if token := (booked["charge"] or {}).get("token"):
            await self._pay(visit, driver, reservation_id, token)

    async def pass_gate(self, passage: Passage) -> None:
        """Drive in or out. A stay that was too long is paid for at the exit."""
        reservation_id = self.reservations.get(passage.visit.number)
        if reservation_id is None:
            return
        driver = self.estate.drivers[passage.visit.driver]
        does = self.services.reservation.use_cases
        lot = self.estate.lots[passage.visit.car_park]
        gate = Asker(organizations=frozenset({self.estate.organization_id}))
        try:
            credential = await does.get_credential(GetCredential(Asker(driver), reservation_id))
        except NoCredential:  # the second time through, when the car is out already
            return
        if passage.inwards:
            await does.check_in(CheckIn(gate, lot, credential, passage.at), _what_is_due)
            return
        answer = await does.check_out(CheckOut(gate, lot, credential, passage.at), _what_is_due)
        if json.loads(answer.body):
            await self._pay_overstay(passage.visit, driver, reservation_id)

    async def cancel(self, visit: Visit) -> None:
        """Cancel a booking, and wait for the refund."""
        reservation_id = self.reservations.get(visit.number)
        if reservation_id is None:
            return
        driver = self.estate.drivers[visit.driver]
        does = self.services.reservation.use_cases
        state = await does.cancel_reservation(CancelReservation(Asker(driver), reservation_id))
        paid_by = next((charge.paid_by for charge in state.charges if charge.paid_by), None)
        if paid_by and state.refund_due.amount:
            await self._until_paid_back(driver, paid_by)

    async def _pay(self, visit: Visit, driver: UUID, reservation_id: UUID, token: str) -> None:
        if visit.story is Story.LEAVES_UNPAID:
            return
        payment = await self._start_payment(driver, f"demo-{visit.number}", token)
        if payment is None:
            return
        if visit.story in {Story.CARD_DECLINED, Story.SECOND_CARD}:
            await self._give_card(payment, BAD_CARD)
            await self._until_answered(driver, UUID(payment["id"]))
        if visit.story in PAID:
            await self._give_card(payment, GOOD_CARD)
            await self._until_not_pending(driver, reservation_id)

    async def _pay_overstay(self, visit: Visit, driver: UUID, reservation_id: UUID) -> None:
        _, token = await self._reservation(driver, reservation_id)
        if token and (payment := await self._start_payment(driver, f"demo-{visit.number}-overstay", token)):
            await self._give_card(payment, GOOD_CARD)
            await self._until_settled(driver, reservation_id)

    async def _start_payment(self, driver: UUID, key: str, token: str) -> dict[str, Any] | None:
        """What the card form needs; nothing where the charge is not owed any more, as the second time through."""
        payments = self.services.payments
        request_key = RequestKey(f"{driver}:payments", key, sha256(token.encode()).digest())
        command = StartPayment(Asker(driver), token, save_method=False, key=request_key)
        render = partial(started, publishable_key=payments.settings.stripe_publishable_key)
        try:
            answer = await payments.use_cases.start_payment(command, render, _unexpected)
        except (ChargeExpired, ChargeNotPayable):
            return None
        return json.loads(answer.body)

    async def _give_card(self, payment: dict[str, Any], card: str) -> None:
        """Complete the payment as Stripe.js does. Payment learns the outcome from the provider."""
        intent, _, _ = payment["client_secret"].partition("_secret_")
        form = {"client_secret": payment["client_secret"], "payment_method": card, "key": payment["publishable_key"]}
        await self.browser.post(f"/v1/payment_intents/{intent}/confirm", data=form)

    async def _reservation(self, driver: UUID, reservation_id: UUID) -> tuple[ReservationState, str | None]:
        asker = Asker(driver)
        return await self.services.reservation.use_cases.get_reservation(GetReservation(asker, reservation_id))

    async def _payment(self, driver: UUID, payment_id: UUID) -> PaymentState:
        asker = Asker(driver)
        return await self.services.payments.use_cases.get_payment(GetPayment(asker, payment_id))

    async def _until_not_pending(self, driver: UUID, reservation_id: UUID) -> None:
        async def decided() -> bool:
            state, _ = await self._reservation(driver, reservation_id)
            return state.status is not ReservationStatus.PENDING

        await wait_until(decided, f"reservation {reservation_id} to be paid")

    async def _until_settled(self, driver: UUID, reservation_id: UUID) -> None:
        async def settled() -> bool:
            state, _ = await self._reservation(driver, reservation_id)
            return state.paid == state.owed

        await wait_until(settled, f"the overstay of reservation {reservation_id} to be paid")

    async def _until_answered(self, driver: UUID, payment_id: UUID) -> None:
        async def answered() -> bool:
            return (await self._payment(driver, payment_id)).status is not PaymentStatus.REQUESTED

        await wait_until(answered, f"payment {payment_id} to be declined")

    async def _until_paid_back(self, driver: UUID, payment_id: UUID) -> None:
        async def paid_back() -> bool:
            return (await self._payment(driver, payment_id)).status in GIVEN_BACK

        await wait_until(paid_back, f"the refund of payment {payment_id}")


def _unexpected(refusal: PaymentRefused) -> Answer:
    """The provider refuses none of the demonstration's intents: where it does, the seeding ends with its words."""
    raise refusal
