"""One payment."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import Asker
from payment_service.application.ports import OpenWork
from payment_service.domain.errors import UnknownPayment
from payment_service.domain.payment_states import PaymentState


@dataclass(frozen=True, slots=True)
class GetPayment:
    """Someone asks for a payment."""

    asker: Asker
    payment_id: UUID


@dataclass(frozen=True, slots=True)
class GetPaymentHandler:
    """Drivers see their own, operators those of their organizations."""

    open_work: OpenWork

    async def __call__(self, query: GetPayment) -> PaymentState:
        """Raises `UnknownPayment` for one that the asker may not know of."""
        async with self.open_work(query.asker) as work:
            state = await work.payments.read(query.payment_id)
        if not query.asker.may_see(state.charge.user_id, state.charge.organization_id):
            raise UnknownPayment(query.payment_id)
        return state
