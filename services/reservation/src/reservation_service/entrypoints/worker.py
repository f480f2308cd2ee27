"""What reservation does by itself: expire holds, consume events, publish its own."""

from collections.abc import Callable

from prometheus_client.registry import REGISTRY

from parking_chassis.database import ping
from parking_chassis.metrics import LeaderFigure
from parking_chassis.process import Address, Timer, timer_loops, work
from parking_kernel.askers import THE_SERVICE
from reservation_service.application.commands.advance_payment_watermark import AdvancePaymentWatermark
from reservation_service.application.commands.expire_holds import ExpireHolds
from reservation_service.application.commands.note_no_shows import NoteNoShows
from reservation_service.application.commands.settle_supply_changes import SettleSupplyChanges
from reservation_service.bootstrap import Reservation, resources
from reservation_service.entrypoints.consumers import messaging

HOLDS_SECONDS = 1.0
NO_SHOWS_SECONDS = 30.0
SUPPLY_SECONDS = 1.0
ANSWERS_SECONDS = 3600.0
PARTITIONS_SECONDS = 3600.0
UNSETTLED_SECONDS = 60.0
AT_LEAST_SO_MANY = 1000


def run_worker(service: Reservation) -> None:
    """Run all loops until a signal."""
    settings, kafka = service.settings, messaging(service)
    work(
        {**kafka.loops(), **timer_loops(timers(service, lambda: kafka.leads), lambda: kafka.leads)},
        {"database": lambda: ping(service.engine), **kafka.readiness()},
        lambda: resources(service),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )


def timers(service: Reservation, leads: Callable[[], bool]) -> list[Timer]:
    """What a worker does again and again.

    Holds expire in any worker, and so does the watermark advance which they wait for: neither may depend on a leader,
    whose relay stands still while Kafka is away. Changes of supply are claimed, each by one worker.
    """
    does = service.use_cases
    return [
        Timer("payment_watermark", HOLDS_SECONDS, lambda: does.advance_payment_watermark(AdvancePaymentWatermark())),
        Timer("holds", HOLDS_SECONDS, lambda: does.expire_holds(ExpireHolds())),
        Timer("supply_changes", SUPPLY_SECONDS, lambda: does.settle_supply_changes(SettleSupplyChanges())),
        Timer("no_shows", NO_SHOWS_SECONDS, lambda: does.note_no_shows(NoteNoShows()), in_the_leader=True),
        Timer("old_answers", ANSWERS_SECONDS, does.purge_answers, in_the_leader=True),
        partition_timer(service, leads),
        unsettled_stays_timer(service, leads),
    ]


def partition_timer(service: Reservation, leads: Callable[[], bool]) -> Timer:
    """In the leader: makes the partitions that are missing, and shows how far they reach even if none can be made."""
    ahead = LeaderFigure(
        leads, "reservation_partitions_ahead", "Months after this one that have a partition; alarm below 2"
    )
    REGISTRY.register(ahead)

    async def make_partitions() -> None:
        ahead.show(None)
        try:
            await service.partitions.make()
        finally:
            ahead.show(await service.partitions.months_ahead())

    return Timer("partitions", PARTITIONS_SECONDS, make_partitions, in_the_leader=True)


def unsettled_stays_timer(service: Reservation, leads: Callable[[], bool]) -> Timer:
    """In the leader: shows how many stays wait for the operator."""
    unsettled = LeaderFigure(leads, "unsettled_stays", "Stays at cancelled reservations; the operator settles them")
    REGISTRY.register(unsettled)

    async def count() -> None:
        unsettled.show(None)
        async with service.open_work(THE_SERVICE) as work:
            unsettled.show(len(await work.unsettled_stays.all(AT_LEAST_SO_MANY)))

    return Timer("unsettled_stays", UNSETTLED_SECONDS, count, in_the_leader=True)
