"""What reservation does by itself: expire holds, consume events, publish its own."""

from parking_chassis.database import ping
from parking_chassis.process import Address, Timer, timer_loops, work
from reservation_service.application.commands.advance_payment_watermark import AdvancePaymentWatermark
from reservation_service.application.commands.expire_holds import ExpireHolds
from reservation_service.application.commands.note_no_shows import NoteNoShows
from reservation_service.application.commands.purge_answers import PurgeAnswers
from reservation_service.bootstrap import Reservation, UseCases, resources
from reservation_service.entrypoints.consumers import messaging

HOLDS_SECONDS = 1.0
NO_SHOWS_SECONDS = 30.0
ANSWERS_SECONDS = 3600.0


def run_worker(service: Reservation) -> None:
    """Run all loops until a signal."""
    settings, kafka = service.settings, messaging(service)
    work(
        {**kafka.loops(), **timer_loops(timers(service.use_cases), lambda: kafka.leads)},
        {"database": lambda: ping(service.engine), **kafka.readiness()},
        lambda: resources(service),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )


def timers(does: UseCases) -> list[Timer]:
    """What a worker does again and again.

    Holds expire in any worker, and so does the watermark advance which they wait for: neither may depend on a leader,
    whose relay stands still while Kafka is away.
    """
    return [
        Timer("payment_watermark", HOLDS_SECONDS, lambda: does.advance_payment_watermark(AdvancePaymentWatermark())),
        Timer("holds", HOLDS_SECONDS, lambda: does.expire_holds(ExpireHolds())),
        Timer("no_shows", NO_SHOWS_SECONDS, lambda: does.note_no_shows(NoteNoShows()), in_the_leader=True),
        Timer("old_answers", ANSWERS_SECONDS, lambda: does.purge_answers(PurgeAnswers()), in_the_leader=True),
    ]
