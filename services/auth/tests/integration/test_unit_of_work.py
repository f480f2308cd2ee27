"""What happened to an aggregate is published with it, or the transaction ends."""

import pytest
from services.auth.tests.installation import Database
from services.auth.tests.people import ABUSE, NOW, some_user

from auth_service.bootstrap import Auth
from auth_service.domain.organizations import Organization
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.changes import UnsavedChanges


async def test_an_aggregate_with_events_cannot_be_committed_silently(auth: Auth, database: Database) -> None:
    user = some_user()
    async with auth.open_work(THE_SERVICE) as work:
        await work.users.add(user)

    async def forgetful() -> None:
        async with auth.open_work(THE_SERVICE) as work:
            await work.organizations.add(Organization.create(new_id(), "Acme", NOW))
            (await work.users.get(user.state.id)).suspend(ABUSE)

    with pytest.raises(UnsavedChanges, match="User has events that were not saved: UserSuspended"):
        await forgetful()
    assert await database.fetchval("SELECT count(*) FROM organizations") == 0
    assert await database.fetchval("SELECT status FROM users") == "active"
    assert [row["type"] for row in await database.fetch("SELECT type FROM outbox")] == ["parking.user.registered.v1"]
