from auth_service.application.ports import Secret


class FakeSecrets:
    """See `auth_service.application.ports.Secrets`: `secret 1`, `secret 2` …"""

    def __init__(self) -> None:
        self._made = 0

    def new(self) -> Secret:
        self._made += 1
        text = f"secret {self._made}"
        return Secret(text, self.hash(text))

    def hash(self, text: str) -> bytes:
        return f"hash of {text}".encode()
