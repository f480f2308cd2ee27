"""Give money back to a driver, by an operator's decision."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from parking_kernel.clocks import Clock, NewId
from parking_kernel.repeatable import Answer, RequestKey, once
from payment_service.application.ports import OpenWork, Work
from payment_service.domain.errors import UnknownPayment
from payment_service.domain.payment_states import PaymentState
from payment_service.domain.refunds import Refund


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

    async def __call__(self, command: RequestRefund, render: Callable[[PaymentState, Refund], Answer]) -> Answer:
        """The refund as `render` shows it, or the first answer to the key.

        Raises `UnknownPayment`, `RefundNotPayable`, `RefundExceedsPayment`, `KeyReused` and `InFlight`.
        """
        async with self.open_work(command.asker) as work:

            async def act() -> Answer:
                return render(*await self._request(work, command))

            return await once(work.answers, command.key, act)

    async def _request(self, work: Work, command: RequestRefund) -> tuple[PaymentState, Refund]:
        now = self.clock.now()
        payment = await work.payments.get(command.payment_id)
        if not command.asker.operates(payment.state.charge.organization_id):
            raise UnknownPayment(command.payment_id)
        amount = payment.state.refundable if command.amount is None else command.amount
        refund = payment.request_refund(self.new_id(now), amount, command.reason, now)
        await work.payments.save(payment)
        return payment.state, refund
