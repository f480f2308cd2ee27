"""Reconcile payments with the provider: ask about those that it sent no message of, withdraw what nobody wants."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from parking_kernel.batches import finish_all
from parking_kernel.clocks import Clock
from payment_service.application.commands.create_intent import CreateIntent, CreateIntentHandler
from payment_service.application.ports import OpenWork, OutcomeUnknown, PaymentGateway
from payment_service.domain.errors import PaymentRefused
from payment_service.domain.payment_states import FINAL, PaymentState
from payment_service.domain.provider import Observation

_BATCH = 20
_LONGEST = timedelta(hours=1)
_SHARE_OF_AGE = 30
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReconcilePayments:
    """The timer came round."""


@dataclass(frozen=True, slots=True)
class ReconcilePaymentsHandler:
    """Makes up for lost messages and lost answers: what the provider says now is taken over.

    A payment is reconciled `grace` after it began, then ever less often as it ages, until nothing is left to learn.
    """

    open_work: OpenWork
    gateway: PaymentGateway
    create_intent: CreateIntentHandler
    clock: Clock
    grace: timedelta

    async def __call__(self, _command: ReconcilePayments) -> int:
        """How many were reconciled."""
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            due = await work.due_work.claim_payments(now, now + self.grace, _BATCH)
        await finish_all((self._reconcile(each) for each in due), "several payments failed")
        return len(due)

    async def _reconcile(self, payment_id: UUID) -> None:
        try:
            state = await self.create_intent(CreateIntent(THE_SERVICE, payment_id))
            await self._record(payment_id, await self._ask(await self._no_longer_wanted(state)))
        except OutcomeUnknown as unknown:
            about = {"payment_id": str(payment_id), "error": str(unknown)}
            _log.warning("payment: outcome unknown", extra={**about, "outcome": "unknown"})
        except PaymentRefused:
            await self._record(payment_id, [])

    async def _no_longer_wanted(self, state: PaymentState) -> PaymentState:
        """Note that it is to be withdrawn where the reservation gave it up before the payment was recorded."""
        async with self.open_work(THE_SERVICE) as work:
            amounts_due = await work.amounts_due.get(state.charge.reservation_id)
            if amounts_due is None or amounts_due.still_wants(state.charge.id):
                return state
            payment = await work.payments.get(state.id)
            payment.request_cancel(self.clock.now())
            await work.payments.save(payment)
        return payment.state

    async def _ask(self, state: PaymentState) -> Sequence[Observation]:
        if state.intent_id is None:
            return []
        if state.cancel_requested_at and state.stage not in FINAL:
            return [await self.gateway.cancel_intent(state.intent_id)]
        if not state.is_captured:
            return [await self.gateway.read_intent(state.intent_id)]
        return [*await self.gateway.refunds_of(state.intent_id), *await self.gateway.disputes_of(state.intent_id)]

    async def _record(self, payment_id: UUID, seen: Sequence[Observation]) -> None:
        now = self.clock.now()
        async with self.open_work(THE_SERVICE) as work:
            payment = await work.payments.get(payment_id)
            for each in seen:
                payment.observe(each, now)
            await work.due_work.reconcile_at(payment_id, self._next_time(payment.state, now))
            await work.payments.save(payment)

    def _next_time(self, state: PaymentState, now: datetime) -> datetime | None:
        if state.is_settled:
            return None
        age = now - state.requested_at
        return now + min(max(self.grace, age / _SHARE_OF_AGE), _LONGEST)
