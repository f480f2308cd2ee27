"""Start to pay a charge."""

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from parking_kernel.clocks import Clock, NewId
from parking_kernel.repeatable import Answer, RequestKey
from payment_service.application.commands.create_intent import CreateIntent, CreateIntentHandler
from payment_service.application.ports import OpenWork, OutcomeUnknown, Presentation, ReadChargeToken, Work
from payment_service.domain.charges import Charge
from payment_service.domain.errors import ChargeNotPayable, PaymentRefused, UnknownCharge
from payment_service.domain.payment_states import PaymentState
from payment_service.domain.payments import Payment

_CLAIM = timedelta(seconds=30)
"""Longer than the provider is waited for, so that nobody else works on the same request."""


@dataclass(frozen=True, slots=True)
class StartPayment:
    """A driver wants to pay. `key` makes a repeated request harmless."""

    user_id: UUID
    charge_token: str = field(repr=False)
    save_method: bool
    key: RequestKey
    presentation: Presentation


@dataclass(frozen=True, slots=True)
class StartPaymentHandler:
    """Records the payment, has its intent made, and answers with it; a charge has one live payment, whoever asks.

    Where the provider gives no word, the payment stays recorded: the same request again finds out, or after `grace` the
    worker.
    """

    open_work: OpenWork
    create_intent: CreateIntentHandler
    read_charge_token: ReadChargeToken
    clock: Clock
    new_id: NewId
    grace: timedelta

    async def __call__(self, command: StartPayment) -> Answer:
        """The answer, a repeated one where the key came before.

        Raises `InvalidChargeToken`, `ChargeExpired`, `UnknownCharge`, `ChargeNotPayable`, `PaymentRefused`,
        `OutcomeUnknown`, `KeyReused` and `InFlight`.
        """
        async with self.open_work() as work:
            if answer := await work.answers.claim(command.key, self.clock.now() + _CLAIM):
                return answer
            payment = await self._recorded(work, command)
        try:
            payment = await self.create_intent(CreateIntent(payment.id))
        except (OutcomeUnknown, PaymentRefused):
            await self._answered(command.key, None)
            raise
        answer = command.presentation.started(payment)
        await self._answered(command.key, answer)
        return answer

    async def _answered(self, key: RequestKey, answer: Answer | None) -> None:
        async with self.open_work() as work:
            await work.answers.keep(key, answer)

    async def _recorded(self, work: Work, command: StartPayment) -> PaymentState:
        charge = self.read_charge_token(command.charge_token)
        if charge.user_id != command.user_id:
            raise UnknownCharge(charge.id)
        if live := await work.payments.live_of_charge(charge.id):
            await self._check_payable(work, charge, live)
            return live
        await self._check_payable(work, charge, None)
        at = self.clock.now()
        payment = Payment.start(self.new_id(at), charge, save_method=command.save_method, at=at)
        if await work.payments.add(payment):
            await work.agenda.look_again(payment.state.id, at + self.grace)
            return payment.state
        live = await work.payments.live_of_charge(charge.id)
        if live is None:  # it was cancelled between the two looks
            raise ChargeNotPayable(charge.id)
        await self._check_payable(work, charge, live)
        return live

    async def _check_payable(self, work: Work, charge: Charge, live: PaymentState | None) -> None:
        """Nobody shall pay what goes back at once. A captured payment can only be shown, and always may."""
        if live and live.is_captured:
            return
        dues = await work.dues.get(charge.reservation_id)
        is_being_cancelled = live is not None and live.cancel_requested_at is not None
        if is_being_cancelled or (dues and not dues.still_wants(charge.id)):
            raise ChargeNotPayable(charge.id)
