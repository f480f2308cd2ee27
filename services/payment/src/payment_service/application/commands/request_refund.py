"""Give money back to a driver, by an operator's decision."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.repeatable import Answer, RequestKey, once
from payment_service.application.ports import OpenWork, Presentation, Work
from payment_service.domain.errors import UnknownPayment


@dataclass(frozen=True, slots=True)
class RequestRefund:
    """An operator gives back an amount in minor units; without one, all that is left."""

    asker: Asker
    payment_id: UUID
    amount: int | None
    reason: str
    key: RequestKey


@dataclass(frozen=True, slots=True)
class RequestRefundHandler:
    """Records the refund and the answer in one transaction; the worker sends it."""

    open_work: OpenWork
    clock: Clock
    new_id: NewId
    presentation: Presentation

    async def __call__(self, command: RequestRefund) -> Answer:
        """The answer, a repeated one where the key came before.

        Raises `UnknownPayment`, `RefundExceedsPayment`, `KeyReused` and `InFlight`.
        """
        async with self.open_work(command.asker) as work:
            return await once(work.answers, command.key, lambda: self._request(work, command))

    async def _request(self, work: Work, command: RequestRefund) -> Answer:
        now = self.clock.now()
        payment = await work.payments.get(command.payment_id)
        if not command.asker.operates(payment.state.charge.organization_id):
            raise UnknownPayment(command.payment_id)
        amount = payment.state.refundable if command.amount is None else command.amount
        refund = payment.request_refund(self.new_id(now), amount, command.reason, now)
        await work.payments.save(payment)
        return self.presentation.refund_requested(payment.state, refund)
