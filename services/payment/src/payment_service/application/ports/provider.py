"""The payment provider: what is asked of it, and the messages that it sends."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from parking_kernel.money import Money
from payment_service.domain.charges import Charge
from payment_service.domain.provider import Intent, ProviderDispute, ProviderEvent, ProviderRefund


class OutcomeUnknown(Exception):
    """The provider did not say what came of a call.

    With `key_is_spent` it answered an error, which the idempotency key will answer from now on: the call is over, and
    only the provider's list shows whether it took effect. Otherwise it may still be under way: the same key has to be
    used again.
    """

    def __init__(self, what: str, *, key_is_spent: bool = False) -> None:
        super().__init__(what)
        self.key_is_spent = key_is_spent


class ProviderRefused(Exception):
    """The provider understood, and said no; nothing took effect."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the provider refused: {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class IntentRequest:
    """What an intent is made of."""

    payment_id: UUID
    charge: Charge
    save_method: bool
    key: str


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What a refund is made of. `is_repeated` says that it may have been made before."""

    payment_id: UUID
    refund_id: UUID
    attempt: int
    intent_id: str
    amount: Money
    reason: str
    key: str
    is_repeated: bool = False


class PaymentGateway(Protocol):
    """The payment provider. Each call raises `OutcomeUnknown` when there is no word, after a bounded time."""

    async def create_intent(self, request: IntentRequest) -> Intent:
        """Make an intent, or find the one that the same key made. Raises `ProviderRefused`."""
        ...

    async def find_intent(self, payment_id: UUID, since: datetime) -> Intent | None:
        """The intent that was made for a payment at `since` or later, where only the provider knows its id."""
        ...

    async def read_intent(self, intent_id: str) -> Intent:
        """An intent as it is. Raises `ProviderRefused` for one that is not there."""
        ...

    async def cancel_intent(self, intent_id: str) -> Intent:
        """Withdraw an intent: as it then is, which is not cancelled where the money was faster."""
        ...

    async def create_refund(self, request: RefundRequest) -> ProviderRefund:
        """Give money back, or find the refund that the same key made. Raises `ProviderRefused`."""
        ...

    async def refunds_of(self, intent_id: str) -> Sequence[ProviderRefund]:
        """All refunds of an intent."""
        ...

    async def disputes_of(self, intent_id: str) -> Sequence[ProviderDispute]:
        """All disputes of an intent."""
        ...

    def intents_since(self, since: datetime) -> AsyncIterator[Intent]:
        """All intents that were made since then, but those whose status is not known."""
        ...

    def refunds_since(self, since: datetime) -> AsyncIterator[ProviderRefund]:
        """All refunds that were made since then, but those whose status is not known."""
        ...

    def disputes_since(self, since: datetime) -> AsyncIterator[ProviderDispute]:
        """All disputes that were opened since then, newest first, but those whose status is not known."""
        ...


class Webhooks(Protocol):
    """Which of the provider's messages took effect."""

    async def note(self, event_id: str) -> bool:
        """Note a message; false when it was noted before."""
        ...

    async def purge(self, older_than: timedelta, limit: int) -> int:
        """Delete at most `limit` notes that are older, the oldest first; how many."""
        ...


class InvalidSignature(Exception):
    """The message is not the provider's, or is altered, or too old."""


class InvalidEvent(Exception):
    """The message is signed, and yet no event: a field breaks a rule."""

    def __init__(self, pointer: str, rule: str) -> None:
        super().__init__(f"{pointer} {rule}")
        self.pointer = pointer
        self.rule = rule


ReadWebhook = Callable[[bytes, str], ProviderEvent]
"""Reads a message of the provider by its raw body and signature. Raises `InvalidSignature` and `InvalidEvent`."""


class Comparisons(Protocol):
    """What the daily comparison with the provider found; whichever process leads shows it."""

    async def note(self, differences: int) -> None:
        """Store what the last one found."""
        ...
