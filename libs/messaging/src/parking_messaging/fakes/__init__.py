"""Doubles without I/O, one for each adapter, kept honest by the contract tests that run on both."""

from parking_messaging.fakes.backlog import FakeBacklog
from parking_messaging.fakes.broker import FakeBroker
from parking_messaging.fakes.inbox import FakeInbox
from parking_messaging.fakes.outbox import FakeOutbox
from parking_messaging.fakes.publisher import FakePublisher
from parking_messaging.fakes.refusals import FakeRefusals
from parking_messaging.fakes.source import FakeSource
from parking_messaging.fakes.transactions import FakeTransaction, FakeTransactions

__all__ = [
    "FakeBacklog",
    "FakeBroker",
    "FakeInbox",
    "FakeOutbox",
    "FakePublisher",
    "FakeRefusals",
    "FakeSource",
    "FakeTransaction",
    "FakeTransactions",
]
