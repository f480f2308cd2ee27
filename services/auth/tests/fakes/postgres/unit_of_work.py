from collections.abc import Callable
from datetime import datetime

from services.auth.tests.fakes.postgres.askers_login import InMemoryAskersLogin
from services.auth.tests.fakes.postgres.attempts import InMemoryAttempts
from services.auth.tests.fakes.postgres.logins import InMemoryLogins
from services.auth.tests.fakes.postgres.mails import InMemoryMails
from services.auth.tests.fakes.postgres.organizations import InMemoryOrganizations
from services.auth.tests.fakes.postgres.outbox import publish
from services.auth.tests.fakes.postgres.roles import InMemoryRoles
from services.auth.tests.fakes.postgres.signing_keys import InMemorySigningKeys
from services.auth.tests.fakes.postgres.tables import Tables
from services.auth.tests.fakes.postgres.users import InMemoryUsers

from auth_service.application.ports import Aggregate, OpenWork, Work
from parking_chassis.fakes.answers import InMemoryAnswers
from parking_chassis.fakes.units_of_work import in_memory_units_of_work
from parking_kernel.askers import Asker
from parking_kernel.changes import Changes
from parking_kernel.clocks import NewId


def in_memory_work(tables: Tables, new_id: NewId, now: Callable[[], datetime]) -> OpenWork:
    def build(draft: Tables, asker: Asker, changes: Changes[Aggregate]) -> Work:
        return Work(
            InMemoryUsers(draft, changes),
            InMemoryLogins(draft, changes),
            InMemoryOrganizations(draft, changes),
            InMemoryRoles(draft),
            InMemoryMails(draft, new_id),
            InMemoryAttempts(draft),
            InMemorySigningKeys(draft),
            # One unit of work at a time: no other one has a key in use.
            InMemoryAnswers(draft.answers, now, running=set()),
            InMemoryAskersLogin(draft, asker.login_id),
        )

    return in_memory_units_of_work(tables, build, publish)
