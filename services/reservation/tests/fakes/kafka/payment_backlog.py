class FakePaymentBacklog:
    """See `reservation_service.application.ports.PaymentBacklog`."""

    def __init__(self) -> None:
        self.is_caught_up = True
        self.questions = 0

    async def is_taken_in(self) -> bool:
        self.questions += 1
        return self.is_caught_up
