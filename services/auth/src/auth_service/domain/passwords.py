"""What a password must be. Sources: OWASP ASVS 5.0, 6.2.1 to 6.2.10; NIST SP 800-63B, 3.1.1."""

from auth_service.domain.errors import UnacceptablePassword
from auth_service.domain.users import normalised_email

MIN_CHARACTERS = 10
MAX_BYTES = 72  # bcrypt reads no further, so that a longer one would be checked in part only


def check_password(password: str, email: str) -> None:
    """Raise `UnacceptablePassword` for one that is too short, too long for bcrypt, or the e-mail address itself.

    The password is in the form in which passwords are compared.
    """
    if len(password) < MIN_CHARACTERS:
        raise UnacceptablePassword(f"The password must have at least {MIN_CHARACTERS} characters.")
    if not fits(password):
        raise UnacceptablePassword(f"The password must have at most {MAX_BYTES} bytes in UTF-8.")
    address = normalised_email(email)
    if normalised_email(password) in {address, address.rpartition("@")[0]}:
        raise UnacceptablePassword("The password must not be the e-mail address or its first part.")


def fits(password: str) -> bool:
    """Whether bcrypt would check all of it."""
    return len(password.encode(errors="surrogatepass")) <= MAX_BYTES
