"""Accept a new password, in the form in which it will be compared."""

from dataclasses import dataclass, field

from auth_service.application.ports import PasswordStandards
from auth_service.domain.errors import UnacceptablePassword
from auth_service.domain.passwords import check_password


@dataclass(frozen=True, slots=True)
class AcceptPassword:
    """Someone chose a password for the account of an address."""

    password: str = field(repr=False)
    email: str = field(repr=False)


def accept_password(standards: PasswordStandards, command: AcceptPassword) -> str:
    """The password as it is hashed. Raises `UnacceptablePassword`."""
    password = standards.form(command.password)
    check_password(password, command.email)
    if standards.is_common(password):
        raise UnacceptablePassword("The password must not be one of those that everybody tries first; choose another.")
    if standards.is_guessable(password):
        raise UnacceptablePassword(
            "The password is a sequence, a repetition or a common word, which a program guesses within a thousand "
            "attempts; take several words that have nothing to do with each other."
        )
    return password
