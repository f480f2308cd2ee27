"""Give money back to a driver, by an operator's decision."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.repeatable import Answer, RequestKey
from payment_service.application.ports import OpenWork, Presentation
from payment_service.domain.errors import UnknownPayment

_CLAIM = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class RequestRefund:
    """An operator gives back an amount in minor units; without one, all that is left."""

    asker: Asker
    payment_id: UUID
    amount: int | None
    reason: str
    key: RequestKey
    presentation: Presentation


@dataclass(frozen=True, slots=True)
class RequestRefundHandler:
    """Records the refund and the answer in one transaction; the worker sends it."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId

    async def __call__(self, command: RequestRefund) -> Answer:
        """The answer, a repeated one where the key came before.

        Raises `UnknownPayment`, `RefundExceedsPayment`, `KeyReused` and `InFlight`.
        """
        now = self.clock.now()
        async with self.open_work() as work:
            if answer := await work.answers.claim(command.key, now + _CLAIM):
                return answer
            payment = await work.payments.get(command.payment_id)
            if not command.asker.operates(payment.state.charge.organization_id):
                raise UnknownPayment(command.payment_id)
            amount = payment.state.refundable if command.amount is None else command.amount
            refund = payment.request_refund(self.new_id(now), amount, command.reason, now)
            await work.payments.save(payment)
            await work.events.publish(payment)
            answer = command.presentation.refund_requested(payment.state, refund)
            await work.answers.keep(command.key, answer)
        return answer
