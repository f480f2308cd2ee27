from auth_service.application.ports import SignToken
from auth_service.domain.grants import AccessToken, Grant
from auth_service.domain.logins import LoginState
from auth_service.domain.users import UserState


class FakeAccessTokens:
    """See `auth_service.application.ports.AccessTokens`: the token is what it says. `is_away`: no key can be read."""

    def __init__(self) -> None:
        self.is_away = False

    async def signer(self) -> SignToken:
        if self.is_away:
            raise ConnectionError("no key")
        return _sign


def _sign(user: UserState, login: LoginState, grant: Grant) -> AccessToken:
    permissions = " ".join(sorted(grant.permissions))
    return AccessToken(f"{user.id} on {login.id} may {permissions}", 600)
