"""Have the provider make the intent of a payment."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock
from payment_service.application.ports import IntentRequest, OpenWork, OutcomeUnknown, PaymentGateway, ProviderRefused
from payment_service.domain.errors import PaymentRefused
from payment_service.domain.payment_states import PaymentState
from payment_service.domain.provider import Intent


@dataclass(frozen=True, slots=True)
class CreateIntent:
    """The payment is recorded, and has no intent that we know of."""

    asker: Asker
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class CreateIntentHandler:
    """Asks under the key that was recorded before, outside of any transaction, and records what came of it.

    A second call asks under the same key, and gets the same intent. A key that answers an error permanently is given up
    only after a look at the provider's list, where its intent would be.
    """

    open_work: OpenWork
    gateway: PaymentGateway
    clock: Clock

    async def __call__(self, command: CreateIntent) -> PaymentState:
        """The payment with its intent. Raises `OutcomeUnknown`, and `PaymentRefused` which is final."""
        asker = command.asker
        async with self.open_work(asker) as work:
            state = await work.payments.read(command.payment_id)
        if state.intent_id is not None or not state.is_live:
            return state
        intent = await self._made_before(state) or await self._make(asker, state)
        async with self.open_work(asker) as work:
            payment = await work.payments.get(state.id)
            payment.observe_intent(intent, self.clock.now())
            if payment.state.has_open_reports:
                await work.due_work.reconcile_at(state.id, self.clock.now())
            await work.payments.save(payment)
        if payment.state.has_open_reports:  # nobody shall pay it: it is withdrawn, and the next payment has its own
            raise OutcomeUnknown("the intent is of another amount than the charge")
        return payment.state

    async def _made_before(self, state: PaymentState) -> Intent | None:
        if state.key_generation == 1:
            return None
        return await self.gateway.find_intent(state.id, state.requested_at)

    async def _make(self, asker: Asker, state: PaymentState) -> Intent:
        request = IntentRequest(state.id, state.charge, state.save_method, state.intent_key)
        try:
            return await self.gateway.create_intent(request)
        except OutcomeUnknown as unknown:
            if unknown.key_is_spent:
                await self._renew_key(asker, state)
            raise
        except ProviderRefused as refusal:
            await self._refuse(asker, state, refusal.code)
            raise PaymentRefused(refusal.code) from refusal

    async def _renew_key(self, asker: Asker, state: PaymentState) -> None:
        async with self.open_work(asker) as work:
            payment = await work.payments.get(state.id)
            if payment.state.intent_key == state.intent_key:
                payment.renew_key()
            await work.payments.save(payment)

    async def _refuse(self, asker: Asker, state: PaymentState, code: str) -> None:
        async with self.open_work(asker) as work:
            payment = await work.payments.get(state.id)
            payment.refuse(code, self.clock.now())
            await work.payments.save(payment)
