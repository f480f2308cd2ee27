"""Other services published something: pass it on to rooms, and notify the users to whom it is news."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from notification_service.application.ports import ReservationCopy, Work
from notification_service.domain.coming_refunds import PaymentCopy, still_to_come
from notification_service.domain.deliveries import Channel, Delivery
from notification_service.domain.live_messages import as_json, created_message
from notification_service.domain.notifications import OF_OPERATORS, Notification, NotificationKind, NotificationState
from notification_service.domain.rooms import RoomMessage
from notification_service.domain.source_events import SourceEvent
from parking_kernel.clocks import Clock, NewId


@dataclass(frozen=True, slots=True)
class NotifyUsers:
    """Source events in their order, and the reservations or payments that they are about, as they now are."""

    source_events: Sequence[SourceEvent]
    reservations: Sequence[ReservationCopy] = ()
    payments: Sequence[PaymentCopy] = ()


@dataclass(frozen=True, slots=True)
class NotifyUsersHandler:
    """Writes inbox, mails and room events in the consumer's transaction; mails are sent afterwards."""

    clock: Clock
    new_id: NewId

    async def __call__(self, work: Work, event: NotifyUsers) -> None:
        """What is for rooms is published in one go, which locks them in order of their names (`RoomEvents.publish`)."""
        now = self.clock.now()
        await work.copies.keep_reservations(event.reservations)
        await work.copies.keep_payments(event.payments)
        notified = await self._notify(work, await _completed(work, event.source_events, now), now)
        messages: list[RoomMessage] = []
        for source in event.source_events:
            if source.is_live(now):
                data = as_json(source.public)
                messages += [RoomMessage(room, source.name, data) for room in source.rooms]
            created = [state for state in notified.get(source.event_id, ()) if not state.lacks_operator_reason]
            messages += [created_message(state) for state in created]
        if messages:
            await work.room_events.publish(messages)

    async def _notify(
        self, work: Work, source_events: Sequence[SourceEvent], now: datetime
    ) -> Mapping[UUID, Sequence[NotificationState]]:
        """What users are notified of now, by its source event."""
        states = [state for source in source_events if (state := self._notification(source, now))]
        states += await self._of_operators(work, source_events, now)
        new = await work.notifications.add([Notification(state) for state in states])
        states = [state for state in states if state.id in new]
        mailed = {source.event_id for source in source_events if source.deserves_mail(now)}
        mails = [
            Delivery.of(state, self.new_id(now), Channel.EMAIL, now)
            for state in states
            if state.event_id in mailed and state.kind not in OF_OPERATORS
        ]
        on_sockets = [Delivery.of(state, self.new_id(now), Channel.WEBSOCKET, now) for state in states]
        for delivery, state in zip(on_sockets, states, strict=True):
            if not state.lacks_operator_reason:  # else `ExplainCancellations` sends it, with the operator's words
                delivery.sent(now)
        await work.deliveries.add([*mails, *on_sockets])
        by_event = defaultdict[UUID, list[NotificationState]](list)
        for state in states:
            by_event[state.event_id].append(state)
        return by_event

    async def _of_operators(
        self, work: Work, source_events: Sequence[SourceEvent], now: datetime
    ) -> Sequence[NotificationState]:
        """What the members of the lot's organization are notified of."""
        news = [each for each in source_events if each.operators_kind and each.is_news(now)]
        organization_ids = {each.organization_id for each in news if each.organization_id}
        members: Mapping[UUID, frozenset[UUID]] = (
            await work.copies.members(organization_ids) if organization_ids else {}
        )
        return [
            NotificationState(self.new_id(now), user_id, kind, details, source.event_id, now)
            for source in news
            if (kind := source.operators_kind) and (details := source.details) and source.organization_id
            for user_id in sorted(members.get(source.organization_id, frozenset()))
        ]

    def _notification(self, source: SourceEvent, now: datetime) -> NotificationState | None:
        kind, user_id, details = source.kind, source.user_id, source.details
        if kind is None or user_id is None or details is None or not source.is_news(now):
            return None
        return NotificationState(self.new_id(now), user_id, kind, details, source.event_id, now)


async def _completed(work: Work, source_events: Sequence[SourceEvent], now: datetime) -> Sequence[SourceEvent]:
    """The events, with what their drivers have to know and another service says: payment what went back already of a
    reservation that is cancelled, reservation until when the spot is held for which a payment failed.
    """
    cancelled = [each for each in source_events if each.kind is NotificationKind.RESERVATION_CANCELLED]
    failed = [each for each in source_events if each.kind is NotificationKind.PAYMENT_FAILED]
    payment_ids = {order.payment_id for each in cancelled for order in each.refund_orders or ()}
    reservation_ids = {each.details.reservation_id for each in failed if each.details}
    payments: Mapping[UUID, PaymentCopy] = await work.copies.payments(payment_ids) if payment_ids else {}
    holds: Mapping[UUID, datetime] = await work.copies.holds(reservation_ids) if reservation_ids else {}

    def completed(source: SourceEvent) -> SourceEvent:
        details = source.details
        if details is None:
            return source
        if source.kind is NotificationKind.RESERVATION_CANCELLED and source.refund_orders is not None:
            coming = details.amount.of_same_currency(still_to_come(source.refund_orders, payments))
            return replace(source, details=replace(details, amount=coming))
        held_until = holds.get(details.reservation_id)
        if source.kind is NotificationKind.PAYMENT_FAILED and held_until is not None and held_until > now:
            return replace(source, details=replace(details, held_until=held_until))
        return source

    return [completed(each) for each in source_events]
