from reservation_service.domain.incoming_payments import OutboxState


class FakePaymentOutbox:
    """See `reservation_service.application.ports.PaymentOutbox`."""

    def __init__(self) -> None:
        self.says = OutboxState(is_clear=True)
        self.questions = 0

    async def state(self) -> OutboxState:
        self.questions += 1
        return self.says
