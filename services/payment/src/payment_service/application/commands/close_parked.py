"""Close what the provider said of other amounts, once people have put the money where it belongs."""

from dataclasses import dataclass
from uuid import UUID

from parking_kernel.askers import THE_SERVICE
from parking_kernel.clocks import Clock
from payment_service.application.ports import OpenWork
from payment_service.domain.payment_states import PaymentState


@dataclass(frozen=True, slots=True)
class CloseParked:
    """The money of what was parked of this payment is settled at the provider."""

    payment_id: UUID


@dataclass(frozen=True, slots=True)
class CloseParkedHandler:
    """Closes all that is open of one payment. One that was not captured is cancelled: its charge can be paid again."""

    open_work: OpenWork
    clock: Clock

    async def __call__(self, command: CloseParked) -> PaymentState:
        """The payment as it is then. Raises `UnknownPayment`."""
        async with self.open_work(THE_SERVICE) as work:
            payment = await work.payments.get(command.payment_id)
            payment.close_parked(self.clock.now())
            await work.payments.save(payment)
        return payment.state
