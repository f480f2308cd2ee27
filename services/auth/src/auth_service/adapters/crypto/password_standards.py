"""Passwords by RFC 8265, and the common and guessable ones by zxcvbn (30 000 from public leaks, by frequency)."""

from precis_i18n import get_profile
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from auth_service.domain.errors import UnacceptablePassword

READ = 24
"""How many characters are rated at each end of a password."""
READABLE_MARKS = 2
"""zxcvbn tries all ways to read such marks as letters: with all of them, one password takes ten seconds."""
MARKS = frozenset("@({[<!|$+%")
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

    def is_guessable(self, password: str) -> bool:
        """Whether zxcvbn gives it its lowest score, 0: less than a thousand guesses.

        Of a long one both ends are rated, and both are that weak. One with many marks is not rated: it is nothing that
        is guessed so soon.
        """
        period = (password + password).find(password, 1)
        text = password[: 2 * period]  # of a repetition twice what is repeated, so that no end is cut out of it
        return all(map(_is_weak, {text[:READ], text[-READ:]}))


def _is_weak(text: str) -> bool:
    return len(MARKS & set(text)) <= READABLE_MARKS and zxcvbn(text)["score"] == 0
