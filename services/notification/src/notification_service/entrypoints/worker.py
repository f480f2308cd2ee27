"""What notification does by itself: take events in, announce, send mails, publish its own, forget."""

from notification_service.application.commands.forget_old import ForgetOld
from notification_service.application.commands.send_mails import SendMails
from notification_service.bootstrap import Notification, consumers, outbox_relay, resources, topic_watch
from parking_chassis.database import ping
from parking_chassis.process import Address, every, work

MAILS_SECONDS = 0.5
MOST_ROUNDS = 10
FORGET_SECONDS = 300.0


def run_worker(service: Notification) -> None:
    """Run all loops until a signal."""
    does, settings = service.use_cases, service.settings
    relay, groups = outbox_relay(settings), consumers(service)

    async def send_mails() -> None:
        for _ in range(MOST_ROUNDS):  # a round for each batch, and then a look whether to stop
            if not await does.send_mails(SendMails()):
                return

    async def forget_old() -> None:
        await does.forget_old(ForgetOld())

    async def check_kafka() -> None:
        if not relay.status().is_connected:
            raise ConnectionError("the relay is not connected to the outbox")
        if away := [group for group, consumer in groups.items() if not consumer.status().is_ready]:
            raise ConnectionError(f"not consuming: {', '.join(away)}")

    work(
        {
            "outbox_relay": relay.run,
            "topic_settings": topic_watch(settings).run,
            **{group: consumer.run for group, consumer in groups.items()},
            "announcer": service.announcer.run,
            "mails": every(MAILS_SECONDS, "mails", send_mails),
            "forget_old": every(FORGET_SECONDS, "forget_old", forget_old),
        },
        {"database": lambda: ping(service.engine), "kafka": check_kafka},
        lambda: resources(service),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )
