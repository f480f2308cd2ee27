"""What auth does by itself: mails, keys, forgetting, the count of open logins, and its events on their way to Kafka."""

from prometheus_client import Gauge

from auth_service.application.commands.forget_expired import ForgetExpired
from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.application.commands.send_account_mails import SendAccountMails
from auth_service.application.commands.sum_up_login_count import SumUpLoginCount
from auth_service.application.queries.count_open_logins import CountOpenLogins
from auth_service.bootstrap import Auth, outbox_relay, resources, topic_watch
from parking_chassis.database import ping
from parking_chassis.process import Address, every, work

MAILS_SECONDS = 1.0
KEYS_SECONDS = 600.0
COUNT_SECONDS = 15.0
FORGET_SECONDS = 3600.0

ACTIVE_USER_SESSIONS = Gauge("active_user_sessions", "Signed-in devices whose login is still open")


def run_worker(auth: Auth) -> None:
    """Run all loops until a signal."""
    does, settings, relay = auth.use_cases, auth.settings, outbox_relay(auth.settings)

    async def send_mails() -> None:
        await does.send_account_mails(SendAccountMails())

    async def rotate_keys() -> None:
        await does.rotate_signing_keys(RotateSigningKeys())

    async def forget_expired() -> None:
        await does.forget_expired(ForgetExpired())

    async def count_logins() -> None:
        if relay.status().is_active:  # the work in one worker of all; to read what comes of it costs nothing
            await does.sum_up_login_count(SumUpLoginCount())
        ACTIVE_USER_SESSIONS.set(await does.count_open_logins(CountOpenLogins()))

    async def check_relay() -> None:
        if not relay.status().is_connected:
            raise ConnectionError("the relay is not connected to the outbox")

    work(
        {
            "outbox_relay": relay.run,
            "topic_settings": topic_watch(settings).run,
            "account_mails": every(MAILS_SECONDS, "account_mails", send_mails),
            "signing_keys": every(KEYS_SECONDS, "signing_keys", rotate_keys),
            "forget_expired": every(FORGET_SECONDS, "forget_expired", forget_expired),
            "login_count": every(COUNT_SECONDS, "login_count", count_logins),
        },
        {"database": lambda: ping(auth.engine), "outbox_relay": check_relay},
        lambda: resources(auth),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )
