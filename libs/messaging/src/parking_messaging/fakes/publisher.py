"""A publisher into the fake broker."""

from collections.abc import Sequence

from parking_messaging.failures import PublisherUnavailable
from parking_messaging.fakes.broker import FakeBroker
from parking_messaging.records import Outgoing, Publication, Subject


class FakePublisher:
    """See `Publisher`."""

    def __init__(self, broker: FakeBroker) -> None:
        self._broker = broker

    async def publish(self, records: Sequence[Outgoing]) -> Publication:
        """Write what is not refused; what follows a refused record of its subject stays behind."""
        if self._broker.is_down:
            raise PublisherUnavailable("the broker is down")
        acknowledged: list[int] = []
        refused: dict[int, str] = {}
        stopped: set[Subject] = set()
        for record in records:
            if record.subject in stopped:
                continue
            reason = self._broker.refuses(record)
            if reason is None and not self._broker.append(record):
                reason = "the topic does not exist"
            if reason is None:
                acknowledged.append(record.seq)
            else:
                refused[record.seq] = reason
                stopped.add(record.subject)
        return Publication(acknowledged, refused)

    async def close(self) -> None:
        """Nothing to release."""
