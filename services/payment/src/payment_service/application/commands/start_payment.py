"""Start to pay a charge."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.repeatable import Answer, RequestKey
from payment_service.application.commands.create_intent import CreateIntent, CreateIntentHandler
from payment_service.application.ports import OpenWork, OutcomeUnknown, ReadChargeToken, Work
from payment_service.domain.charges import Charge
from payment_service.domain.errors import ChargeNotPayable, PaymentRefused, UnknownCharge
from payment_service.domain.payment_states import PaymentState
from payment_service.domain.payments import Payment

_LEASE = timedelta(seconds=30)
"""Of the key: longer than the provider is waited for, so that nobody else works on the same request."""


@dataclass(frozen=True, slots=True)
class StartPayment:
    """A driver wants to pay. `key` makes a repeated request harmless."""

    asker: Asker
    charge_token: str = field(repr=False)
    save_method: bool
    key: RequestKey


@dataclass(frozen=True, slots=True)
class StartPaymentHandler:
    """Records the payment, has its intent made, and answers with it; a charge has one live payment at most.

    The provider is asked between two transactions: the key is leased by the first and answered by the second. Where the
    provider gives no word, the key is released and the payment stays recorded: the same request again finds out, or
    after `grace` the worker.
    """

    open_work: OpenWork
    create_intent: CreateIntentHandler
    read_charge_token: ReadChargeToken
    clock: Clock
    new_id: NewId
    grace: timedelta

    async def __call__(
        self,
        command: StartPayment,
        render: Callable[[PaymentState], Answer],
        render_refusal: Callable[[PaymentRefused], Answer],
    ) -> Answer:
        """The payment as `render` shows it, the provider's refusal, or the first answer to the key.

        Raises `InvalidChargeToken`, `ChargeExpired`, `UnknownCharge`, `ChargeNotPayable`, `OutcomeUnknown`,
        `KeyReused` and `InFlight`.
        """
        async with self.open_work(command.asker) as work:
            if answer := await work.answers.claim(command.key, _LEASE):
                return answer
            payment = await self._recorded(work, command)
        try:
            answer = render(await self.create_intent(CreateIntent(command.asker, payment.id)))
        except PaymentRefused as refusal:  # an answer too: the same request again does not ask the provider
            answer = render_refusal(refusal)
        except OutcomeUnknown:
            async with self.open_work(command.asker) as work:
                await work.answers.release(command.key)
            raise
        async with self.open_work(command.asker) as work:
            await work.answers.store(command.key, answer)
        return answer

    async def _recorded(self, work: Work, command: StartPayment) -> PaymentState:
        charge = self.read_charge_token(command.charge_token)
        if charge.user_id != command.asker.user_id:
            raise UnknownCharge(charge.id)
        if live := await work.payments.live_of_charge(charge.id):
            await self._check_payable(work, charge, live)
            return live
        await self._check_payable(work, charge, None)
        at = self.clock.now()
        payment = Payment.start(self.new_id(at), charge, save_method=command.save_method, at=at)
        if await work.payments.add(payment):
            await work.due_work.reconcile_at(payment.state.id, at + self.grace)
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
        amounts_due = await work.amounts_due.get(charge.reservation_id)
        is_being_cancelled = live is not None and live.cancel_requested_at is not None
        if is_being_cancelled or (amounts_due and not amounts_due.still_wants(charge.id)):
            raise ChargeNotPayable(charge.id)
