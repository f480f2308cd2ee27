from reservation_service.application.ports import OutboxState


class FakePaymentOutbox:
    """See `reservation_service.application.ports.PaymentOutbox`."""

    def __init__(self) -> None:
        self.says = OutboxState(is_clear=True)
        self.questions = 0

    async def state(self) -> OutboxState:
        self.questions += 1
        return self.says
