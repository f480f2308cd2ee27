"""The worker's timers: what runs once in the whole service, and the figure that one of them shows."""

from typing import Any

import httpx
import pytest
from services.auth.tests.api import signed_in
from services.auth.tests.installation import Database
from sqlalchemy.exc import ProgrammingError

from auth_service.bootstrap import Auth
from auth_service.entrypoints.worker import timers
from parking_chassis.metrics import LeaderFigure
from parking_chassis.process import Timer
from parking_platform.testing.servers import SchemaOwner


@pytest.fixture
def open_logins() -> LeaderFigure:
    return LeaderFigure(lambda: True, "active_user_sessions", "as the worker has it")


@pytest.fixture
def login_count(auth: Auth, open_logins: LeaderFigure) -> Timer:
    (timer,) = [each for each in timers(auth, open_logins) if each.name == "login_count"]
    return timer


def shown(figure: LeaderFigure) -> list[float]:
    return [sample.value for family in figure.collect() for sample in family.samples]


def test_mails_go_out_everywhere_and_the_rest_runs_once(auth: Auth, open_logins: LeaderFigure) -> None:
    where = {timer.name: timer.in_the_leader for timer in timers(auth, open_logins)}
    assert where == {"account_mails": False, "signing_keys": True, "purge_expired": True, "login_count": True}


async def test_the_figure_follows_the_logins_and_goes_when_nobody_knows_it(
    client: httpx.AsyncClient,
    database: Database,
    open_logins: LeaderFigure,
    login_count: Timer,
    schema_owner: SchemaOwner,
) -> None:
    assert shown(open_logins) == []
    await signed_in(client)
    await signed_in(client)
    await login_count.action()
    assert shown(open_logins) == [2]
    changes: Any = await database.fetchval("SELECT count(*) FROM login_count_changes")
    assert changes == 1, "they are added up on the way"
    await schema_owner.run("ALTER TABLE login_count_changes RENAME TO lost")
    with pytest.raises(ProgrammingError):
        await login_count.action()
    assert shown(open_logins) == []
