"""What is over is deleted in batches, until nothing of it is left."""

from datetime import timedelta

from services.notification.tests.fakes.clock import FakeClock
from services.notification.tests.fakes.postgres.tables import Tables
from services.notification.tests.fakes.postgres.unit_of_work import in_memory_work
from services.notification.tests.stories import NOW

from notification_service.application.commands.purge_old import PurgeOld, PurgeOldHandler
from notification_service.domain.rooms import Visitor
from notification_service.domain.tickets import Ticket
from parking_kernel.askers import THE_SERVICE

MANY = 12_000  # more than two batches


async def test_it_goes_on_until_nothing_is_left_and_keeps_what_counts() -> None:
    tables = Tables()
    visitor = Visitor("me", frozenset(), frozenset(), 0)
    open_work = in_memory_work(tables)
    async with open_work(THE_SERVICE) as work:
        for number in range(MANY):
            await work.tickets.add(Ticket(b"%d" % number, visitor, NOW - timedelta(seconds=1)))
        await work.tickets.add(Ticket(b"good", visitor, NOW + timedelta(seconds=1)))
    purge = PurgeOldHandler(open_work, FakeClock(NOW))
    assert await purge(PurgeOld()) == MANY
    assert list(tables.tickets) == [b"good"]
    assert await purge(PurgeOld()) == 0
