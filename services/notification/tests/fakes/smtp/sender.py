from notification_service.application.ports import Letter


class FakeMailSender:
    """See `notification_service.application.ports.MailSender`. `failure` is raised while it is set."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.failure: Exception | None = None

    async def send(self, letter: Letter) -> None:
        if self.failure:
            raise self.failure
        self.sent.append(letter)
