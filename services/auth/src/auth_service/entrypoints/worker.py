"""What auth does by itself: mails, keys, purges, the number of open logins, and its events on their way to Kafka."""

from collections.abc import Sequence

from prometheus_client.registry import REGISTRY

from auth_service.application.commands.purge_expired import PurgeExpired
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.application.commands.send_account_mails import SendAccountMails
from auth_service.application.commands.sum_up_login_count import SumUpLoginCount
from auth_service.bootstrap import Auth, resources
from auth_service.entrypoints.consumers import messaging
from parking_chassis.database import ping
from parking_chassis.metrics import LeaderFigure
from parking_chassis.process import Address, Timer, timer_loops, work
from parking_kernel.askers import THE_SERVICE

MAILS_SECONDS = 1.0
KEYS_SECONDS = 600.0
COUNT_SECONDS = 15.0
PURGE_SECONDS = 3600.0


def run_worker(auth: Auth) -> None:
    """Run all loops until a signal."""
    settings, kafka = auth.settings, messaging(auth)

    def leads() -> bool:
        return kafka.leads

    open_logins = LeaderFigure(leads, "active_user_sessions", "Signed-in devices whose login is still open")
    REGISTRY.register(open_logins)
    work(
        {**kafka.loops(), **timer_loops(timers(auth, open_logins), leads)},
        {"database": lambda: ping(auth.engine), **kafka.readiness()},
        lambda: resources(auth),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )


def timers(auth: Auth, open_logins: LeaderFigure) -> Sequence[Timer]:
    """What comes round by itself. Mails are claimed one by one, so every worker sends some."""
    does = auth.use_cases

    async def count_logins() -> None:
        count: int | None = None
        try:
            await does.sum_up_login_count(SumUpLoginCount())
            async with auth.open_work(THE_SERVICE) as unit:
                count = await unit.logins.count_open(auth.clock.now())
        finally:
            open_logins.show(count)

    return (
        Timer("account_mails", MAILS_SECONDS, lambda: does.send_account_mails(SendAccountMails())),
        Timer("signing_keys", KEYS_SECONDS, lambda: does.rotate_signing_keys(RotateSigningKeys()), in_the_leader=True),
        Timer("purge_expired", PURGE_SECONDS, lambda: does.purge_expired(PurgeExpired()), in_the_leader=True),
        Timer("login_count", COUNT_SECONDS, count_logins, in_the_leader=True),
    )
