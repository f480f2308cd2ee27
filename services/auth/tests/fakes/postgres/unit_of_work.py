"""One transaction at a time: it works on a copy, which takes the place of the tables when the block ends well."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from services.auth.tests.fakes.kafka.outbox import InMemoryEvents
from services.auth.tests.fakes.postgres.logins import InMemoryLogins
from services.auth.tests.fakes.postgres.mails import InMemoryMails
from services.auth.tests.fakes.postgres.organizations import InMemoryOrganizations
from services.auth.tests.fakes.postgres.roles import InMemoryRoles
from services.auth.tests.fakes.postgres.signing_keys import InMemorySigningKeys
from services.auth.tests.fakes.postgres.tables import Tables
from services.auth.tests.fakes.postgres.users import InMemoryUsers

from auth_service.application.ports import OpenWork
from parking_kernel.clocks import NewId


@dataclass(frozen=True, slots=True)
class InMemoryWork:
    """See `auth_service.application.ports.Work`."""

    users: InMemoryUsers
    logins: InMemoryLogins
    organizations: InMemoryOrganizations
    roles: InMemoryRoles
    mails: InMemoryMails
    signing_keys: InMemorySigningKeys
    events: InMemoryEvents


def in_memory_work(tables: Tables, new_id: NewId) -> OpenWork:
    lock = asyncio.Lock()

    @asynccontextmanager
    async def open_work() -> AsyncGenerator[InMemoryWork]:
        async with lock:
            draft = tables.copy()
            yield InMemoryWork(
                InMemoryUsers(draft),
                InMemoryLogins(draft),
                InMemoryOrganizations(draft),
                InMemoryRoles(draft),
                InMemoryMails(draft, new_id),
                InMemorySigningKeys(draft),
                InMemoryEvents(draft),
            )
            tables.take_over(draft)

    return open_work
