"""Passwords by RFC 8265, and the common ones by the list that zxcvbn ships (30 000 from public leaks, by frequency)."""

from precis_i18n import get_profile
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from auth_service.domain.errors import UnacceptablePassword

NAMES = {"\0": "NUL character", "\u200d": "zero width joiner", "\ufe0f": "variation selector"}


class PublishedStandards:
    """See `auth_service.application.ports.PasswordStandards`."""

    def __init__(self) -> None:
        self._profile = get_profile("OpaqueString")
        self._common = frozenset(password.casefold() for password in FREQUENCY_LISTS["passwords"])

    def form(self, password: str) -> str:
        """The one form of all that look alike. Raises `UnacceptablePassword`."""
        if not password:
            return ""  # too short, which its length says better
        try:
            return self._profile.enforce(password)
        except UnicodeEncodeError as error:
            character = password[error.start] if error.start < len(password) else ""
            shown = NAMES.get(character, f"character U+{ord(character):04X}" if character else "characters it has")
            raise UnacceptablePassword(f"The password must not contain the {shown} (RFC 8265).") from None

    def is_common(self, password: str) -> bool:
        """Whether it is in the list."""
        return password.casefold() in self._common
