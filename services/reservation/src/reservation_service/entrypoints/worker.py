"""What reservation does by itself: let holds go, take events in, publish its own."""

from collections.abc import Callable

from prometheus_client.registry import REGISTRY

from parking_chassis.database import ping
from parking_chassis.metrics import LeaderFigure
from parking_chassis.process import Address, Loop, every, work
from reservation_service.application.commands.expire_holds import ExpireHolds
from reservation_service.application.commands.forget_old_answers import ForgetOldAnswers
from reservation_service.application.commands.note_no_shows import NoteNoShows
from reservation_service.application.commands.note_payments_seen import NotePaymentsSeen
from reservation_service.bootstrap import Reservation, consumers, outbox_relay, resources, topic_watch

HOLDS_SECONDS = 1.0
NO_SHOWS_SECONDS = 30.0
ANSWERS_SECONDS = 3600.0
PARTITIONS_SECONDS = 3600.0


def run_worker(service: Reservation) -> None:
    """Run all loops until a signal."""
    does, settings = service.use_cases, service.settings
    relay, groups = outbox_relay(settings), consumers(service)

    async def note_payments_seen() -> None:
        await does.note_payments_seen(NotePaymentsSeen())

    async def expire_holds() -> None:
        await does.expire_holds(ExpireHolds())

    async def note_no_shows() -> None:
        await does.note_no_shows(NoteNoShows())

    async def forget_answers() -> None:
        await does.forget_old_answers(ForgetOldAnswers())

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
            "payments_seen": every(HOLDS_SECONDS, "payments_seen", note_payments_seen),
            "holds": every(HOLDS_SECONDS, "holds", expire_holds),
            "no_shows": every(NO_SHOWS_SECONDS, "no_shows", note_no_shows),
            "old_answers": every(ANSWERS_SECONDS, "old_answers", forget_answers),
            "partitions": partition_loop(service, lambda: relay.status().is_active),
        },
        {"database": lambda: ping(service.engine), "kafka": check_kafka},
        lambda: resources(service),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )


def partition_loop(service: Reservation, leads: Callable[[], bool]) -> Loop:
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

    return every(PARTITIONS_SECONDS, "partitions", make_partitions, only_while=leads)
