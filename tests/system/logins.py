"""Logins that outlive a test."""

from dataclasses import dataclass
from time import monotonic

from parking_demo.people import Administrator


@dataclass
class AdministratorsLogin:
    """One for all tests: a sign-in costs a tenth of a second of a core."""

    administrator: Administrator
    began: float

    async def renewed(self) -> Administrator:
        """The administrator, whose token is replaced when half of its time is over."""
        if monotonic() - self.began > self.administrator.tokens["expires_in"] / 2:
            self.began = monotonic()
            await self.administrator.sign_in()
        return self.administrator
