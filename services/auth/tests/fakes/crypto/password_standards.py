import unicodedata

from auth_service.domain.errors import UnacceptablePassword


class FakePasswordStandards:
    """See `auth_service.application.ports.PasswordStandards`. Knows one common password, and one letter repeated."""

    def form(self, password: str) -> str:
        if any(unicodedata.category(character) == "Cc" for character in password):
            raise UnacceptablePassword("The password must not contain control characters.")
        return unicodedata.normalize("NFC", password)

    def is_common(self, password: str) -> bool:
        return password.lower() == "password1234"

    def is_guessable(self, password: str) -> bool:
        return len(set(password)) == 1
