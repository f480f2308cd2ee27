"""What notification does by itself: consume events, announce, send mails, publish its own, purge."""

from notification_service.application.commands.explain_cancellations import ExplainCancellations
from notification_service.application.commands.purge_old import PurgeOld
from notification_service.application.commands.send_mails import SendMails
from notification_service.bootstrap import Notification, resources
from notification_service.entrypoints.consumers import messaging
from parking_chassis.database import ping
from parking_chassis.process import Address, Timer, timer_loops, work

MOST_ROUNDS = 10


def run_worker(service: Notification) -> None:
    """Run all loops until a signal."""
    settings, kafka = service.settings, messaging(service)
    work(
        {
            **kafka.loops(),
            "announcer": service.announcer.run,
            **timer_loops(timers(service), lambda: kafka.leads),
        },
        {"database": lambda: ping(service.engine), **kafka.readiness()},
        lambda: resources(service),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )


def timers(service: Notification) -> list[Timer]:
    """What is done again after each pause. Each worker claims mails of its own; one deletes for all."""
    does = service.use_cases

    async def send_mails() -> None:
        for _ in range(MOST_ROUNDS):  # a round for each batch, and then a look whether to stop
            if not await does.send_mails(SendMails()):
                return

    return [
        Timer("mails", 0.5, send_mails),
        Timer("operator_reasons", 0.5, lambda: does.explain_cancellations(ExplainCancellations())),
        Timer("purge_old", 300.0, lambda: does.purge_old(PurgeOld()), in_the_leader=True),
    ]
