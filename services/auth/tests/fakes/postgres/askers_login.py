from uuid import UUID

from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.domain.errors import AskerSignedOut


class InMemoryAskersLogin:
    """See `auth_service.application.ports.AskersLogin`."""

    def __init__(self, tables: Tables, login_id: UUID | None) -> None:
        self._logins = tables.logins
        self._login_id = login_id

    async def still_stands(self) -> None:
        if self._login_id is None:
            return
        login = self._logins.get(self._login_id)
        if login is None or not login.is_open:
            raise AskerSignedOut
