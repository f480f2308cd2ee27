"""A payment: one attempt to settle one charge, from the intent at the provider to the last refund.

What the provider says may come late, twice and in any order. Captured and cancelled are final; what lies before
them follows the newer word. So the outcome does not depend on the order, and each change is published once.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from parking_kernel.money import Money
from payment_service.domain import ledger
from payment_service.domain.charges import Charge
from payment_service.domain.errors import RefundExceedsPayment, RefundNotPayable
from payment_service.domain.ledger import Cause, LedgerEntry
from payment_service.domain.parked_reports import closed, with_report, without_report
from payment_service.domain.payment_events import (
    PaymentActionRequired,
    PaymentAuthorized,
    PaymentCancelled,
    PaymentDisputeClosed,
    PaymentDisputed,
    PaymentEvent,
    PaymentFailed,
    PaymentRefunded,
    PaymentRefundFailed,
    PaymentRefundRequested,
    PaymentRequested,
    PaymentSucceeded,
)
from payment_service.domain.payment_states import FINAL, Dispute, PaymentState, S
from payment_service.domain.provider import (
    DisputeStatus,
    Intent,
    IntentStatus,
    Observation,
    ProviderDispute,
    ProviderRefund,
    ProviderRefundStatus,
)
from payment_service.domain.refund_orders import RefundOrder
from payment_service.domain.refunds import PAUSE, Refund, RefundStatus, refund_key

BY_HAND = "provider"
"""The reason of a refund that somebody made at the provider's own pages."""


class Payment:
    """The aggregate: each change that others should know of makes one event and the next version.

    What it books stands in `entries`. Notes for itself (keys, what was asked) change the state without an event.
    """

    def __init__(self, state: PaymentState) -> None:
        self.state = state
        self.loaded = state
        self.events: list[PaymentEvent] = []
        self.entries: list[LedgerEntry] = []

    @classmethod
    def start(cls, payment_id: UUID, charge: Charge, *, save_method: bool, at: datetime) -> "Payment":
        """Recorded before the provider is asked, with the idempotency key that it will be asked with."""
        return cls(PaymentState(payment_id, charge, S.REQUESTED, save_method, at, intent_key(payment_id, 1)))

    def renew_key(self) -> None:
        """Take a new key: the old one answers an error permanently."""
        self.state = replace(self.state, intent_key=intent_key(self.state.id, self.state.key_generation + 1))

    def refuse(self, code: str, at: datetime) -> None:
        """The provider will not make such an intent."""
        if self.state.intent_id is None and self.state.is_live:
            self._change(replace(self.state, stage=S.CANCELLED, is_live=False), PaymentCancelled, at, code)

    def request_cancel(self, at: datetime) -> bool:
        """Have the intent withdrawn, unless it is over. False when there is nothing (more) to ask for."""
        if self.state.stage in FINAL or self.state.cancel_requested_at is not None:
            return False
        self.state = replace(self.state, cancel_requested_at=at)
        return True

    def observe(self, seen: Observation, at: datetime) -> None:
        """Take over what the provider says."""
        match seen:
            case Intent():
                self.observe_intent(seen, at)
            case ProviderRefund():
                self.observe_refund(seen, at)
            case ProviderDispute():
                self.observe_dispute(seen, at)

    def observe_intent(self, seen: Intent, at: datetime) -> None:
        """Take over what the provider says of the intent."""
        if self.state.intent_id is None and self.state.is_live:
            self._change(replace(self.state, intent_id=seen.id), PaymentRequested, at)
        if self.state.intent_id != seen.id:
            return
        # An intent that was withdrawn moved no money, whatever its amount.
        if seen.status is not IntentStatus.CANCELLED and self._compared(seen, at) is None:
            self.request_cancel(at)
        else:
            self._follow_intent(seen, at)

    def _follow_intent(self, seen: Intent, at: datetime) -> None:
        if self.state.client_secret is None and self.state.stage not in FINAL:
            self.state = replace(self.state, client_secret=seen.client_secret)
        if seen.status is IntentStatus.SUCCEEDED:
            self._succeed(at)
            self.decide_orders(at)
        elif self.state.stage in FINAL:
            return
        elif seen.status is IntentStatus.CANCELLED:
            parked = without_report(self.state.parked, seen.id)
            self._change(replace(self.state, stage=S.CANCELLED, is_live=False, parked=parked), PaymentCancelled, at)
        elif self.state.observed_at is None or seen.as_of >= self.state.observed_at:
            self.state = replace(self.state, observed_at=seen.as_of)
            self._move_on(seen, at)

    def request_refund(self, refund_id: UUID, amount: int, reason: str, at: datetime) -> Refund:
        """Have an amount go back. Raises `RefundNotPayable` and `RefundExceedsPayment`."""
        if amount % self.state.step:
            raise RefundNotPayable(self._money(self.state.step))
        if amount <= 0 or amount > self.state.refundable:
            raise RefundExceedsPayment(self._money(self.state.refundable))
        return self._request_refund(refund_id, amount, reason, at)

    def take_order(self, order: RefundOrder, at: datetime) -> None:
        """Carry out what reservation wants back, once; one that is known changes nothing."""
        if self.state.order(order.id) is None:
            self.state = replace(self.state, orders=(*self.state.orders, order))
            self.decide_orders(at)

    def decide_orders(self, at: datetime) -> None:
        """Decide what comes of the orders that wait: each pays what is left of this payment, up to its amount.

        While a dispute is open nobody knows what is left. No other payment's refunds or disputes matter.
        """
        if not self.state.is_captured or self.state.has_open_dispute:
            return
        for order in self.state.orders:
            if not order.is_decided and self.state.is_meant_by(order):
                self._decide(order, at)

    def ask_for_refund(self, refund_id: UUID) -> None:
        """Note that the provider is about to be asked."""
        refund = self.state.refund(refund_id)
        self._replace(replace(refund, asked=refund.asked + 1))

    def renew_refund_key(self, refund_id: UUID) -> None:
        """Take a new key: the old one answers an error permanently."""
        refund = self.state.refund(refund_id)
        generation = int(refund.key.rpartition("-")[2]) + 1
        self._replace(replace(refund, key=refund_key(refund.id, refund.attempt, generation)))

    def refuse_refund(self, refund_id: UUID, code: str, at: datetime) -> None:
        """The provider will not make such a refund, at least not now. It is tried again later."""
        refund = self.state.refund(refund_id)
        if refund.status is RefundStatus.REQUESTED and refund.provider_id is None:
            self._fail_refund(refund, code, at)

    def retry_refund(self, refund_id: UUID, at: datetime) -> bool:
        """Try one again that failed: what is owed stays owed.

        False where there is nothing to try: a dispute holds or took the money, or all of it went back otherwise.
        """
        refund = self.state.refund(refund_id)
        if refund.status is not RefundStatus.FAILED:
            return True
        amount = self._still_to_refund(refund)
        if self.state.disputed_away or not amount or self.state.refunded >= self.state.charge.amount.amount:
            is_open = self.state.has_open_dispute
            self._replace(replace(refund, due_at=at + PAUSE.after(refund.attempt) if is_open else None))
            return False
        attempt = refund.attempt + 1
        again = replace(
            refund,
            amount=amount,
            status=RefundStatus.REQUESTED,
            attempt=attempt,
            key=refund_key(refund.id, attempt, 1),
            asked=0,
            provider_id=None,
            failure_code=None,
            due_at=at,
        )
        self._replace(again)
        others = tuple(each for each in self.state.refunds if each.id != refund.id)
        state = replace(self.state, refunds=(*others, again))
        self._change(state, PaymentRefundRequested, at, refund.reason, refund.id)
        return True

    def observe_refund(self, seen: ProviderRefund, at: datetime) -> None:
        """Take over what the provider says of a refund, also of one that somebody made there by hand."""
        ours = self._known_refund(seen)
        if ours is None and seen.is_unreadable:
            parked = with_report(self.state.parked, seen.id, seen.amount, at)
            self.state = replace(self.state, parked=parked)
            return
        amount = self._compared(seen, at, expected=ours.amount if ours else None)
        if amount is None:
            return
        self._succeed(at)
        refund = self._refund_of(seen, amount)
        if refund is None:
            return
        if refund.provider_id is None:
            refund = replace(refund, provider_id=seen.id, failure_code=None, due_at=None)
            self._replace(refund)
        if seen.status is ProviderRefundStatus.SUCCEEDED and refund.status is RefundStatus.REQUESTED:
            self._finish_refund(refund, at)
        elif seen.status is ProviderRefundStatus.FAILED and refund.status is not RefundStatus.FAILED:
            self._fail_refund(refund, seen.failure_code or "unknown", at)

    def observe_dispute(self, seen: ProviderDispute, at: datetime) -> None:
        """Take over what the provider says of a dispute; what was decided stays so."""
        amount = self._compared(seen, at)
        if amount is None:
            return
        self._succeed(at)
        known = self.state.dispute
        if known is None or (known.id != seen.id and known.status is not DisputeStatus.OPEN):
            known = self._open_dispute(seen.id, amount, at)
        if known.id == seen.id and known.status is DisputeStatus.OPEN and seen.status is not DisputeStatus.OPEN:
            self._close_dispute(known, seen.status, at)
        self.decide_orders(at)

    def close_parked(self, at: datetime) -> None:
        """Somebody has put in order what the provider said of other amounts: the money of it is none of this payment's.

        A payment that was not captured is cancelled, and its charge can be paid by another one.
        """
        if not self.state.has_open_reports:
            return
        self.state = replace(self.state, parked=closed(self.state.parked, at))
        if self.state.stage not in FINAL:
            cancelled = replace(self.state, stage=S.CANCELLED, is_live=False)
            self._change(cancelled, PaymentCancelled, at, "amount_differs")

    def _compared(self, seen: Observation, at: datetime, expected: int | None = None) -> int | None:
        """How much the provider tells of, where that is right by the charge; else none, and what it said is parked.

        An intent is for the charge's amount; a refund or a dispute is of a part of it, and of our own refunds the very
        amount. Of an intent whose amount was wrong nothing can be booked that comes after it.
        """
        charge, said = self.state.charge.amount, seen.amount
        amount = said.amount if said is not None and said.currency == charge.currency else 0
        if isinstance(seen, Intent):
            is_right = said == charge
        else:
            is_part = 0 < amount <= charge.amount if expected is None else amount == expected
            is_right = is_part and (self.state.is_captured or not self.state.is_parked(seen.intent_id))
        reports = self.state.parked
        parked = without_report(reports, seen.id) if is_right else with_report(reports, seen.id, said, at)
        self.state = replace(self.state, parked=parked)
        return amount if is_right else None

    def _move_on(self, seen: Intent, at: datetime) -> None:
        match seen.status:
            case IntentStatus.ACTION_REQUIRED if self.state.stage is not S.ACTION_REQUIRED:
                self._change(replace(self.state, stage=S.ACTION_REQUIRED), PaymentActionRequired, at)
            case IntentStatus.AUTHORIZED if self.state.stage is not S.AUTHORIZED:
                self._change(replace(self.state, stage=S.AUTHORIZED), PaymentAuthorized, at)
            case IntentStatus.FAILED if self.state.stage is not S.FAILED or self.state.failed_attempt != seen.attempt:
                code = seen.failure_code or "unknown"
                failed = replace(self.state, stage=S.FAILED, failure_code=code, failed_attempt=seen.attempt)
                self._change(failed, PaymentFailed, at, code)
            case _:
                pass

    def _succeed(self, at: datetime) -> None:
        """Also after a cancellation was noted: where money was taken, it has to be accounted for."""
        if self.state.is_captured:
            return
        self.entries.append(ledger.captured(self.state.charge, Cause(self.state.id, "capture", at)))
        state = replace(self.state, stage=S.SUCCEEDED, succeeded_at=at, failure_code=None, failed_attempt=None)
        self._change(state, PaymentSucceeded, at)

    def _request_refund(self, refund_id: UUID, amount: int, reason: str, at: datetime) -> Refund:
        refund = Refund(refund_id, amount, RefundStatus.REQUESTED, reason, at, at, refund_key(refund_id, 1, 1))
        state = replace(self.state, refunds=(*self.state.refunds, refund))
        self._change(state, PaymentRefundRequested, at, reason, refund_id)
        return refund

    def _decide(self, order: RefundOrder, at: datetime) -> None:
        whole = self.state.charge.amount.amount
        decided = order.decide(
            unclaimed=max(0, whole - sum(each.claim for each in self.state.orders)),
            undisputed=max(0, whole - self.state.refunding),
            refundable=self.state.refundable,
            step=self.state.step,
            at=at,
        )
        orders = tuple(decided if each.id == order.id else each for each in self.state.orders)
        self.state = replace(self.state, orders=orders)
        if decided.refunded:
            self._request_refund(order.id, decided.refunded, order.reason, at)

    def _still_to_refund(self, refund: Refund) -> int:
        """How much a refund that failed gives when it is tried again: no more than is left by then.

        One that had arrived is booked with its amount, and stays so.
        """
        if refund.is_booked:
            return refund.amount
        others = sum(each.amount for each in self.state.refunds if each.id != refund.id and not each.is_given_up)
        return max(0, min(refund.amount, self.state.charge.amount.amount - others))

    def _refund_of(self, seen: ProviderRefund, amount: int) -> Refund | None:
        """The refund that is meant; none for an attempt that a newer one has taken the place of."""
        return self._known_refund(seen) or (self._adopt(seen.id, amount) if seen.refund_id is None else None)

    def _known_refund(self, seen: ProviderRefund) -> Refund | None:
        for refund in self.state.refunds:
            is_its = (refund.id, refund.attempt) == (seen.refund_id, seen.attempt) and refund.provider_id is None
            if refund.provider_id == seen.id or is_its:
                return refund
        return None

    def _adopt(self, provider_id: str, amount: int) -> Refund:
        """One that was made by hand: it settles what could not be sent, or has not been, else it is a new one."""
        for refund in self.state.refunds:
            if refund.amount == amount and refund.is_untouched:
                return replace(refund, status=RefundStatus.REQUESTED, provider_id=None)
        return Refund(
            id=uuid5(self.state.id, provider_id),
            amount=amount,
            status=RefundStatus.REQUESTED,
            reason=BY_HAND,
            requested_at=self.state.succeeded_at or self.state.requested_at,
            due_at=None,
            key=provider_id,
        )

    def _finish_refund(self, refund: Refund, at: datetime) -> None:
        cause = Cause(self.state.id, f"refund:{refund.id}:{refund.provider_id}:sent", at, refund.id)
        if refund.is_booked:
            self.entries.append(ledger.refund_sent_again(self.state.charge, cause, refund.amount))
        else:
            refund = replace(refund, tax=self.state.tax_within(refund.amount), is_booked=True)
            gross, tax = self._money(refund.amount), self._money(refund.tax)
            self.entries.append(ledger.given_back(self.state.charge, cause, gross, tax))
        self._replace(replace(refund, status=RefundStatus.SUCCEEDED, due_at=None))
        self._change(self.state, PaymentRefunded, at, refund.reason, refund.id)

    def _fail_refund(self, refund: Refund, code: str, at: datetime) -> None:
        if refund.status is RefundStatus.SUCCEEDED:
            cause = Cause(self.state.id, f"refund:{refund.id}:{refund.provider_id}:returned", at, refund.id)
            self.entries.append(ledger.refund_came_back(self.state.charge, cause, refund.amount))
        due_at = None if refund.reason == BY_HAND else at + PAUSE.after(refund.attempt)
        self._replace(replace(refund, status=RefundStatus.FAILED, failure_code=code, due_at=due_at))
        self._change(self.state, PaymentRefundFailed, at, code, refund.id)

    def _open_dispute(self, dispute_id: str, amount: int, at: datetime) -> Dispute:
        tax = self.state.tax_within(amount)
        dispute = Dispute(dispute_id, amount, tax, DisputeStatus.OPEN)
        cause = Cause(self.state.id, f"dispute:{dispute_id}:opened", at)
        self.entries.append(ledger.disputed(self.state.charge, cause, self._money(amount), self._money(tax)))
        self._change(replace(self.state, dispute=dispute), PaymentDisputed, at)
        return dispute

    def _close_dispute(self, known: Dispute, outcome: DisputeStatus, at: datetime) -> None:
        if outcome is DisputeStatus.WON:
            cause = Cause(self.state.id, f"dispute:{known.id}:won", at)
            gross, tax = self._money(known.amount), self._money(known.tax)
            self.entries.append(ledger.dispute_won(self.state.charge, cause, gross, tax))
        closed = replace(self.state, dispute=replace(known, status=outcome))
        self._change(closed, PaymentDisputeClosed, at, outcome.value)

    def _money(self, amount: int) -> Money:
        return self.state.charge.amount.of_same_currency(amount)

    def _replace(self, refund: Refund) -> None:
        """Put a refund in the place of its earlier self, or at the end."""
        if any(each.id == refund.id for each in self.state.refunds):
            refunds = tuple(refund if each.id == refund.id else each for each in self.state.refunds)
        else:
            refunds = (*self.state.refunds, refund)
        refunded = 0 if refund.is_given_up else refund.amount
        orders = tuple(
            order.follow(refunded, is_disputed=bool(self.state.disputed_away)) if order.id == refund.id else order
            for order in self.state.orders
        )
        self.state = replace(self.state, refunds=refunds, orders=orders)

    def _change(
        self,
        state: PaymentState,
        event: type[PaymentEvent],
        at: datetime,
        reason: str | None = None,
        refund_id: UUID | None = None,
    ) -> None:
        # What is over cannot be paid any more: the secret by which a page pays has no use, and is not stored further.
        secret = None if state.stage in FINAL else state.client_secret
        self.state = replace(state, client_secret=secret, version=state.version + 1)
        self.events.append(event(at, self.state, reason, refund_id))


def intent_key(payment_id: UUID, generation: int) -> str:
    """The idempotency key of an intent: the same as long as the provider may still be at work on an earlier call."""
    return f"payment-{payment_id}-{generation}"
