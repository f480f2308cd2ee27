"""The inbox."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from notification_service.application.commands.mark_read import MarkRead
from notification_service.domain.notifications import TITLES, InboxFilter, NotificationKind, NotificationState
from notification_service.entrypoints.http.dependencies import AskedBy, Does, Me, Opens
from notification_service.entrypoints.http.problems import CHANGED_MEANWHILE
from parking_chassis.api_document import may_answer
from parking_chassis.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    FromTo,
    Limit,
    Page,
    cursor_of,
    next_page,
    position_in_cursor,
)
from parking_chassis.problems import NOT_FOUND
from parking_chassis.schemas import ResponseBody, open_words
from parking_kernel.money import Money

router = APIRouter(prefix="/api/v1/notifications", tags=["notifications"])


class MoneyView(ResponseBody):
    """An amount in the currency's minor unit."""

    amount: int
    currency: str

    @classmethod
    def of(cls, value: Money) -> Self:
        """From the domain's."""
        return cls(amount=value.amount, currency=value.currency)


class NotificationView(ResponseBody):
    """One notification.

    `amount` is, by kind, the price, the payment, the refund that arrived, what is still to come back of a cancelled
    reservation, what was paid for one that nobody came for, or what is owed for staying too long. `reason` is why, by
    the code of reservation or payment. It is `supply_change` where the spot, or the lot, went away: of a reservation
    that was moved for that, `previous_spot_number` is the one it had, and it may be cancelled free of charge. Of a
    payment that failed, `reason_in_words` says why in a sentence, and `held_until` until when the spot waits for
    another attempt; null where it waits no more. `reason` is `operator` where the lot's operator cancelled, and
    `reason_in_words` is what the operator wrote; null for the moment until that is fetched.
    """

    id: UUID
    kind: Annotated[
        str, Field(description="later versions may know more", json_schema_extra=open_words(NotificationKind))
    ]
    title: str
    parking_lot_id: UUID
    reservation_id: UUID
    amount: MoneyView
    spot_number: str | None
    start_time: datetime | None
    end_time: datetime | None
    reason: str | None
    reason_in_words: str | None
    previous_spot_number: str | None
    held_until: datetime | None
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, state: NotificationState) -> Self:
        """From the domain's."""
        details = state.details
        return cls(
            id=state.id,
            kind=state.kind.value,
            title=TITLES[state.kind],
            parking_lot_id=details.parking_lot_id,
            reservation_id=details.reservation_id,
            amount=MoneyView.of(details.amount),
            spot_number=details.spot_number,
            start_time=details.starts_at,
            end_time=details.ends_at,
            reason=details.reason,
            reason_in_words=state.reason_in_words,
            previous_spot_number=details.previous_spot_number,
            held_until=details.held_until,
            created_at=state.created_at,
            read_at=state.read_at,
        )


@router.get("")
async def list_notifications(
    request: Request,
    response: Response,
    open_work: Opens,
    me: Me,
    asker: AskedBy,
    span: FromTo,
    unread: Annotated[bool | None, Query(description="only what was not read yet; `false`: only what was")] = None,
    kind: Annotated[NotificationKind | None, Query(description="only of this kind")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[NotificationView]:
    """One's own notifications, the newest first; with `from` and `to`, those that were made then."""
    after = position_in_cursor(cursor)
    async with open_work(asker) as work:
        found = await work.notifications.of_user(me, InboxFilter(unread, kind, *span), after, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    following = cursor_of((last.created_at, last.id)) if last else None
    items = [NotificationView.of(state) for state in found[:limit]]
    return Page(items=items, next=next_page(request, response, following))


@router.post("/{notification_id}/read")
@may_answer(NOT_FOUND, CHANGED_MEANWHILE)
async def mark_read(notification_id: UUID, does: Does, asker: AskedBy) -> NotificationView:
    """Note that a notification was read; again changes nothing."""
    return NotificationView.of(await does.mark_read(MarkRead(asker, notification_id)))
