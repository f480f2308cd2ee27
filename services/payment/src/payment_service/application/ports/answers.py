"""How outcomes are answered."""

from typing import Protocol

from parking_kernel.repeatable import Answer
from payment_service.domain.payment_states import PaymentState
from payment_service.domain.refunds import Refund


class Presentation(Protocol):
    """Renders outcomes as the client gets them: what is stored for a repeated request is the answer itself."""

    def started(self, payment: PaymentState) -> Answer:
        """A payment, with what the page needs to complete it."""
        ...

    def refund_requested(self, payment: PaymentState, refund: Refund) -> Answer:
        """A refund that is on its way."""
        ...
