"""What the use cases need from outside, by plain nouns. Adapters and fakes stand behind them.

What a repository hands out as an aggregate (`Payment`) is locked until the transaction ends; what it hands out as a
state is only read. Whoever needs several payments takes them in the order of their ids.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from parking_kernel.pages import Position
from parking_kernel.repeatable import Answer, RequestKey
from payment_service.domain.charges import Charge, Dues
from payment_service.domain.payment_states import PaymentState
from payment_service.domain.payments import Payment
from payment_service.domain.provider import Intent, ProviderDispute, ProviderEvent, ProviderRefund
from payment_service.domain.refund_orders import RefundOrder
from payment_service.domain.refunds import Refund


class Presentation(Protocol):
    """How outcomes are answered: what is kept for a repeated request is the answer itself."""

    def started(self, payment: PaymentState) -> Answer:
        """A payment, with what the page needs to complete it."""
        ...

    def refund_requested(self, payment: PaymentState, refund: Refund) -> Answer:
        """A refund that is on its way."""
        ...


class Answers(Protocol):
    """What was answered to requests with an idempotency key."""

    async def claim(self, key: RequestKey, until: datetime) -> Answer | None:
        """The first answer to this key; without one, the key is ours until then. Raises `KeyReused`, `InFlight`."""
        ...

    async def keep(self, key: RequestKey, answer: Answer | None) -> None:
        """Keep the answer of a key that was claimed; without one, let the claim go."""
        ...

    async def forget(self, older_than: timedelta, limit: int) -> int:
        """Delete answers that were kept for longer, the oldest first; how many, up to `limit`."""
        ...


@dataclass(frozen=True, slots=True)
class DueRefund:
    """A refund that is to be sent."""

    payment_id: UUID
    refund_id: UUID


class Payments(Protocol):
    """The payments, with their refunds and what they booked."""

    async def add(self, payment: Payment) -> bool:
        """Keep a new payment; false where its charge has a live one."""
        ...

    async def get(self, payment_id: UUID) -> Payment:
        """One payment, to be changed. Raises `UnknownPayment`."""
        ...

    async def read(self, payment_id: UUID) -> PaymentState:
        """One payment as it is. Raises `UnknownPayment`."""
        ...

    async def by_intent(self, intent_id: str) -> Payment | None:
        """The payment of an intent, to be changed."""
        ...

    async def live_of_charge(self, charge_id: UUID) -> PaymentState | None:
        """The one payment of a charge that is not cancelled."""
        ...

    async def of_reservations(self, reservation_ids: Collection[UUID]) -> Sequence[Payment]:
        """All payments of some reservations, to be changed."""
        ...

    async def save(self, payment: Payment) -> None:
        """Keep a changed payment, its refunds, and what it booked. Raises `ChangedMeanwhile`."""
        ...

    async def of_user(self, user_id: UUID, after: Position | None, limit: int) -> Sequence[PaymentState]:
        """A driver's payments, the newest first, after a position."""
        ...

    async def of_organization(
        self, organization_id: UUID, after: Position | None, limit: int
    ) -> Sequence[PaymentState]:
        """An organization's payments, the newest first, after a position."""
        ...


class Agenda(Protocol):
    """What has to be asked of the provider, and when. What is claimed comes again if nobody settles it by then."""

    async def claim_payments(self, at: datetime, until: datetime, limit: int) -> Sequence[UUID]:
        """Payments to look after, which nobody else gets before `until`."""
        ...

    async def look_again(self, payment_id: UUID, at: datetime | None) -> None:
        """When a payment is to be looked after next; never where it is settled."""
        ...

    async def claim_refunds(self, at: datetime, until: datetime, limit: int) -> Sequence[DueRefund]:
        """Refunds to be sent, or tried again, which nobody else gets before `until`."""
        ...


class Webhooks(Protocol):
    """Which of the provider's messages took effect."""

    async def note(self, event_id: str) -> bool:
        """Note a message; false when it was noted before."""
        ...

    async def forget(self, older_than: timedelta, limit: int) -> int:
        """Delete notes that were kept for longer, the oldest first; how many, up to `limit`."""
        ...


class ReservationDues(Protocol):
    """Payment's own copy of what reservations owe."""

    async def get(self, reservation_id: UUID) -> Dues | None:
        """What a reservation owes; none before its first event arrived."""
        ...

    async def keep(self, dues: Collection[Dues]) -> Collection[UUID]:
        """Keep what is newer than what is kept, one for each reservation; the reservations that this changed."""
        ...


class RefundOrders(Protocol):
    """What reservations want back. What comes of an order is saved with its payment."""

    async def of_reservations(self, reservation_ids: Collection[UUID]) -> Sequence[RefundOrder]:
        """All orders of some reservations, also of payments that are not known."""
        ...

    async def add(self, order: RefundOrder) -> None:
        """Keep an order of a payment that is not known; one that is kept already stays as it is."""
        ...

    async def to_decide(self, limit: int) -> Sequence[UUID]:
        """Payments of which orders wait that need not any more."""
        ...


@dataclass(frozen=True, slots=True)
class UnsettledPayment:
    """Money that was captured, pays for nothing, and was not given back."""

    payment_id: UUID
    reservation_id: UUID


class Oracle(Protocol):
    """What has to hold, asked of the tables themselves."""

    async def unsettled(self, before: datetime) -> Sequence[UnsettledPayment]:
        """Payments captured before an instant that neither settle a charge nor are given back in full."""
        ...

    async def unsettled_orders(self, before: datetime) -> Sequence[RefundOrder]:
        """Refund orders from before an instant that wait, or have not arrived, or whose refund is not as decided."""
        ...

    async def stuck_refunds(self) -> int:
        """How many refunds failed at least once and have not arrived."""
        ...

    async def sum_up_captured(self, limit: int) -> int:
        """Add up what was captured since the last time; how many amounts, up to `limit`."""
        ...

    async def captured(self) -> Mapping[str, int]:
        """All money ever captured, in minor units, by currency."""
        ...


@dataclass(frozen=True, slots=True)
class UnpublishedEvent:
    """An event of a payment that is committed and not yet in Kafka; positions grow in the order of leaving.

    `is_held`: Kafka refused it, or one of the same payment before it.
    """

    position: int
    reservation_id: UUID
    is_held: bool


class UnpublishedPayments(Protocol):
    """What this service has committed of payments and not yet published."""

    async def first(self, limit: int) -> Sequence[UnpublishedEvent]:
        """The events that leave next, in their order; as committed at this instant."""
        ...


class Events(Protocol):
    """Where domain events go, in the transaction of what they tell of."""

    async def publish(self, *payments: Payment) -> None:
        """Have everything that happened to the payments, and what they booked, told to the other services."""
        ...


class Work(Protocol):
    """One transaction's repositories."""

    @property
    def answers(self) -> Answers:
        """What was answered."""
        ...

    @property
    def payments(self) -> Payments:
        """The payments."""
        ...

    @property
    def agenda(self) -> Agenda:
        """What has to be asked of the provider."""
        ...

    @property
    def webhooks(self) -> Webhooks:
        """Which messages took effect."""
        ...

    @property
    def dues(self) -> ReservationDues:
        """What reservations owe."""
        ...

    @property
    def refund_orders(self) -> RefundOrders:
        """What reservations want back."""
        ...

    @property
    def oracle(self) -> Oracle:
        """What has to hold."""
        ...

    @property
    def events(self) -> Events:
        """Where events go."""
        ...


OpenWork = Callable[[], AbstractAsyncContextManager[Work]]
"""Opens a transaction that commits when its block ends, and rolls back when the block raises."""


class OutcomeUnknown(Exception):
    """The provider did not say what came of a call.

    With `key_is_spent` it answered an error, which the idempotency key will answer for ever: the call is over, and only
    a look tells whether it took effect. Otherwise it may still be under way, and the same key has to be used again.
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
    amount: int
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

ReadChargeToken = Callable[[str], Charge]
"""Reads a charge that reservation signed. Raises `InvalidChargeToken` and `ChargeExpired`."""
