from auth_service.application.ports import Letter, MailUnsent


class FakeMailSender:
    """See `auth_service.application.ports.MailSender`. `refuses` holds addresses to which nothing can be sent."""

    def __init__(self) -> None:
        self.sent: list[Letter] = []
        self.refuses = set[str]()

    async def send(self, letter: Letter) -> None:
        if letter.email in self.refuses:
            raise MailUnsent("refused")
        self.sent.append(letter)
