"""What auth does by itself: mails, keys, the count of open logins, and its events on their way to Kafka."""

from prometheus_client import Gauge

from auth_service.application.commands.rotate_signing_keys import RotateSigningKeys
from auth_service.application.commands.send_account_mails import SendAccountMails
from auth_service.application.queries.count_open_logins import CountOpenLogins
from auth_service.bootstrap import Auth, resources
from auth_service.settings import AuthSettings
from parking_chassis.database import ping
from parking_chassis.process import Address, every, work

MAILS_SECONDS = 1.0
KEYS_SECONDS = 600.0
COUNT_SECONDS = 15.0

ACTIVE_USER_SESSIONS = Gauge("active_user_sessions", "Signed-in devices whose login is still open")


def run_worker(auth: Auth, settings: AuthSettings) -> None:
    """Run all loops until a signal."""
    does = auth.use_cases

    async def send_mails() -> None:
        await does.send_account_mails(SendAccountMails())

    async def rotate_keys() -> None:
        await does.rotate_signing_keys(RotateSigningKeys())

    async def count_logins() -> None:
        ACTIVE_USER_SESSIONS.set(await does.count_open_logins(CountOpenLogins()))

    work(
        {
            "account_mails": every(MAILS_SECONDS, "account_mails", send_mails),
            "signing_keys": every(KEYS_SECONDS, "signing_keys", rotate_keys),
            "login_count": every(COUNT_SECONDS, "login_count", count_logins),
        },
        {"database": lambda: ping(auth.engine)},
        lambda: resources(auth),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )
