"""What can be wrong, as sentences. Which HTTP status each one is stands at the edge."""

from datetime import timedelta


class AuthError(Exception):
    """Anything that this domain refuses."""


class UnacceptablePassword(AuthError):
    """The password breaks a rule; the message names it."""


class InvalidCredentials(AuthError):
    """E-mail and password do not belong together. Never says which is wrong."""

    def __init__(self, why: str = "E-mail address or password is wrong.") -> None:
        super().__init__(why)


class AccountSuspended(InvalidCredentials):
    """They belong together, and the account may not sign in. Only someone who knows the password hears this."""

    def __init__(self) -> None:
        super().__init__("This account is suspended. Write to those who run this platform.")


class InvalidRefreshToken(AuthError):
    """The refresh token is unknown, expired, used before, or its login was ended."""

    def __init__(self) -> None:
        super().__init__("The refresh token is not valid any more; sign in again.")


class InvalidMailToken(AuthError):
    """The token of a mail's link is unknown, used or too old."""

    def __init__(self) -> None:
        super().__init__("This link was used before or is too old; ask for a new one with your e-mail address.")


class UnknownUser(AuthError):
    """No such user."""

    def __init__(self, user_id: object) -> None:
        super().__init__(f"There is no user {user_id}.")


class AskerSignedOut(AuthError):
    """The login of an administrator who asks for a change ended while the change waited for its turn."""

    def __init__(self) -> None:
        super().__init__("The access token is not valid any more: this login has ended.")


class OwnAccount(AuthError):
    """Administrators change neither their own status nor their own roles.

    Somebody has to be left who can undo it, and nobody takes back what was taken from them.
    """

    def __init__(self) -> None:
        super().__init__(
            "Nobody can suspend or reinstate themselves, give a role to themselves or take one from themselves; "
            "ask another administrator."
        )


class UnknownOrganization(AuthError):
    """No such organization, or none that the asking person may know of."""

    def __init__(self, organization_id: object) -> None:
        super().__init__(f"There is no organization {organization_id}.")


class OrganizationFull(AuthError):
    """It has as many members as one may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"An organization has at most {most} members; remove somebody first.")


class UnknownRole(AuthError):
    """No such role."""

    def __init__(self, role: str) -> None:
        super().__init__(f"There is no role {role!r}.")


class UnknownLogin(AuthError):
    """No such login of this user."""

    def __init__(self, login_id: object) -> None:
        super().__init__(f"There is no signed-in device {login_id}.")


class TooManyAttempts(AuthError):
    """Too many wrong passwords in a row. Says the same of an address without an account."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many wrong passwords in a row; wait before you try again.")
        self.wait = wait


class TooBusy(AuthError):
    """More passwords wait to be checked than can be checked in time."""

    def __init__(self) -> None:
        super().__init__("Too many people are signing in at this moment; try again in a few seconds.")
