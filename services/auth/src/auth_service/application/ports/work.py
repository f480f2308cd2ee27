"""A unit of work."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from auth_service.application.ports.attempts import CountedAttempts
from auth_service.application.ports.logins import AskersLogin, Logins
from auth_service.application.ports.mails import Mails
from auth_service.application.ports.people import Organizations, Roles, Users
from auth_service.application.ports.tokens import SigningKeys
from auth_service.domain.logins import Login
from auth_service.domain.organizations import Organization
from auth_service.domain.users import User
from parking_kernel.askers import Asker
from parking_kernel.repeatable import Answers

type Aggregate = User | Login | Organization
"""What holds events, which the unit of work publishes when it is saved."""


@dataclass(frozen=True, slots=True)
class Work:
    """The repositories of one transaction, and the answers that it stores."""

    users: Users
    logins: Logins
    organizations: Organizations
    roles: Roles
    mails: Mails
    attempts: CountedAttempts
    signing_keys: SigningKeys
    answers: Answers
    askers_login: AskersLogin


OpenWork = Callable[[Asker], AbstractAsyncContextManager[Work]]
"""Opens a transaction in somebody's name. It publishes what was saved and commits when its block ends, and rolls back
when the block raises."""
