"""What the repositories promise."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from services.notification.tests.stories import NOW, details, kept_mail, kept_notification, lot, notification

from notification_service.application.ports import OpenWork, OrganizationCopy, ReservationCopy
from notification_service.domain.coming_refunds import PaymentCopy, Refund
from notification_service.domain.deliveries import Channel, Delivery, Failure
from notification_service.domain.errors import UnknownNotification
from notification_service.domain.notifications import InboxFilter, Notification, NotificationKind
from notification_service.domain.rooms import Ownership, Visitor
from notification_service.domain.tickets import Ticket
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.concurrency import ChangedMeanwhile

SECOND = timedelta(seconds=1)
CONFIRMED = NotificationKind.RESERVATION_CONFIRMED
LATER = NOW + timedelta(minutes=2)


class TestCopies:
    async def test_an_older_version_changes_nothing(self, open_work: OpenWork) -> None:
        kept = lot(version=2)
        owner = Ownership(uuid4(), uuid4())
        reservation = ReservationCopy(uuid4(), owner, 2)
        async with open_work(THE_SERVICE) as work:
            await work.copies.keep_lot(kept)
            await work.copies.keep_lot(lot(id=kept.id, name="Old", version=1))
            older = ReservationCopy(reservation.id, Ownership(None, uuid4()), 1)
            await work.copies.keep_reservations([])
            await work.copies.keep_reservations([older, reservation, older])
            await work.copies.keep_reservations([older])
        async with open_work(THE_SERVICE) as work:
            assert await work.copies.lot(kept.id) == kept
            assert await work.copies.owner(reservation.id) == owner
            assert await work.copies.lot(uuid4()) is None
            assert await work.copies.owner(uuid4()) is None

    async def test_a_hold_is_stored_while_it_lasts(self, open_work: OpenWork) -> None:
        waiting, paid = [ReservationCopy(uuid4(), Ownership(uuid4(), uuid4()), 1, LATER) for _ in range(2)]
        async with open_work(THE_SERVICE) as work:
            await work.copies.keep_reservations([waiting, paid])
            await work.copies.keep_reservations([replace(paid, version=2, held_until=None)])
            assert await work.copies.holds([waiting.id, paid.id, uuid4()]) == {waiting.id: LATER}
            assert await work.copies.holds([]) == {}

    async def test_of_a_payment_the_newest_version_is_stored(self, open_work: OpenWork) -> None:
        refund = Refund(uuid4(), 300, has_arrived=False)
        first = PaymentCopy(uuid4(), 800, is_disputed=False, refunds=(refund,), version=1)
        second = replace(first, is_disputed=True, refunds=(replace(refund, has_arrived=True),), version=2)
        async with open_work(THE_SERVICE) as work:
            await work.copies.keep_payments([])
            await work.copies.keep_payments([first, second, first])
            assert await work.copies.payments([first.id, uuid4()]) == {first.id: second}

    async def test_who_works_for_an_organization_is_kept_at_its_newest_version(self, open_work: OpenWork) -> None:
        first = OrganizationCopy(uuid4(), frozenset({uuid4(), uuid4()}), 1)
        second = replace(first, members=frozenset({uuid4()}), version=2)
        empty = OrganizationCopy(uuid4(), frozenset(), 1)
        async with open_work(THE_SERVICE) as work:
            for each in (first, second, first, empty):
                await work.copies.keep_organization(each)
            found = await work.copies.members({first.id, empty.id, uuid4()})
        assert found == {first.id: second.members, empty.id: frozenset()}


class TestNotifications:
    async def test_one_event_notifies_each_of_several_users_once(self, open_work: OpenWork) -> None:
        kept = await kept_notification(open_work)
        colleague = notification(event_id=kept.event_id, kind=NotificationKind.DRIVER_SUSPENDED)
        async with open_work(THE_SERVICE) as work:
            assert await work.notifications.add([Notification(colleague), Notification(colleague)]) == {colleague.id}
            assert await work.notifications.read(colleague.id) == colleague

    async def test_one_event_is_one_notification(self, open_work: OpenWork) -> None:
        moved = details(reason="supply_change", previous_spot_number="B12", held_until=LATER)
        kept = await kept_notification(open_work, details=moved)
        async with open_work(THE_SERVICE) as work:
            again, other = notification(event_id=kept.event_id, user_id=kept.user_id), notification()
            new = await work.notifications.add([Notification(each) for each in (again, other, again)])
            assert new == {other.id}
            assert await work.notifications.add([]) == set()
            assert await work.notifications.read(kept.id) == kept

    async def test_they_are_paged_from_the_newest(self, open_work: OpenWork) -> None:
        user_id = uuid4()
        kept = [
            await kept_notification(open_work, user_id=user_id, created_at=NOW + timedelta(seconds=second // 2))
            for second in range(5)
        ]
        await kept_notification(open_work)
        async with open_work(THE_SERVICE) as work:
            first = await work.notifications.of_user(user_id, InboxFilter(), None, 3)
            rest = await work.notifications.of_user(user_id, InboxFilter(), (first[-1].created_at, first[-1].id), 3)
        assert [*first, *rest] == kept[::-1]

    async def test_they_are_filtered_by_what_was_read_by_kind_and_by_time(self, open_work: OpenWork) -> None:
        user_id, failed = uuid4(), NotificationKind.PAYMENT_FAILED
        made = [
            await kept_notification(
                open_work, user_id=user_id, created_at=NOW + second * SECOND, kind=kind, read_at=read
            )
            for second, (kind, read) in enumerate([(failed, None), (failed, NOW), (CONFIRMED, None), (CONFIRMED, NOW)])
        ]
        await kept_notification(open_work, kind=failed)

        async def found(wanted: InboxFilter) -> list[int]:
            async with open_work(THE_SERVICE) as work:
                return [made.index(each) for each in await work.notifications.of_user(user_id, wanted, None, 9)]

        assert await found(InboxFilter(is_unread=True)) == [2, 0]
        assert await found(InboxFilter(is_unread=False)) == [3, 1]
        assert await found(InboxFilter(kind=failed)) == [1, 0]
        assert await found(InboxFilter(is_unread=True, kind=failed)) == [0]
        assert await found(InboxFilter(since=NOW + SECOND)) == [3, 2, 1]
        assert await found(InboxFilter(until=NOW + SECOND)) == [0]
        assert await found(InboxFilter(since=NOW + SECOND, until=NOW + 3 * SECOND, kind=CONFIRMED)) == [2]

    async def test_a_change_is_kept_unless_someone_else_was_quicker(self, open_work: OpenWork) -> None:
        kept = await kept_notification(open_work)
        async with open_work(THE_SERVICE) as work:
            one = await work.notifications.get(kept.id)
            other = Notification(one.state)
            one.read(LATER)
            await work.notifications.save(one)
        other.read(LATER)
        with pytest.raises(ChangedMeanwhile):
            async with open_work(THE_SERVICE) as work:
                await work.notifications.save(other)
        async with open_work(THE_SERVICE) as work:
            assert (await work.notifications.read(kept.id)).read_at == LATER
            with pytest.raises(UnknownNotification):
                await work.notifications.get(uuid4())


class TestOperatorReasons:
    @pytest.mark.parametrize(("said", "kept"), [("Überflutet 🌊", "Überflutet 🌊"), (None, "")])
    async def test_they_are_kept_with_the_notification_once(
        self, open_work: OpenWork, said: str | None, kept: str
    ) -> None:
        cancelled = details(reason="operator")
        state = await kept_notification(open_work, kind=NotificationKind.RESERVATION_CANCELLED, details=cancelled)
        for reason in (said, "Another"):
            async with open_work(THE_SERVICE) as work:
                notification = await work.notifications.get(state.id)
                assert notification.state.lacks_operator_reason is (reason == said)
                notification.explain(reason)
                await work.notifications.save(notification)
        async with open_work(THE_SERVICE) as work:
            assert (await work.notifications.read(state.id)).details.operator_reason == kept


class TestDeliveries:
    async def test_a_claimed_mail_is_nobody_elses_until_the_lease_ends(self, open_work: OpenWork) -> None:
        mail = await kept_mail(open_work)
        async with open_work(THE_SERVICE) as work:
            assert await work.deliveries.claim(NOW - timedelta(seconds=1), LATER, 10) == []
            (claimed,) = await work.deliveries.claim(NOW, LATER, 10)
        assert claimed.id == mail.state.id
        async with open_work(THE_SERVICE) as work:
            assert await work.deliveries.claim(NOW, LATER, 10) == []
            assert len(await work.deliveries.claim(LATER, LATER, 10)) == 1

    async def test_the_longest_due_are_claimed_first_and_come_in_the_order_of_their_ids(
        self, open_work: OpenWork
    ) -> None:
        seconds = (3, 1, 2, 0)
        mails = [await kept_mail(open_work, NOW + timedelta(seconds=each)) for each in seconds]
        longest = [mail.state.id for mail, second in zip(mails, seconds, strict=True) if second < 3]
        async with open_work(THE_SERVICE) as work:
            claimed = await work.deliveries.claim(LATER, LATER + timedelta(minutes=2), 3)
            left = await work.deliveries.claim(LATER, LATER + timedelta(minutes=2), 3)
        assert [each.id for each in claimed] == sorted(longest)
        assert [each.id for each in left] == [mails[0].state.id]

    async def test_only_pending_mails_are_claimed(self, open_work: OpenWork) -> None:
        sent = await kept_mail(open_work)
        state = await kept_notification(open_work)
        async with open_work(THE_SERVICE) as work:
            await work.deliveries.add([Delivery.of(state, new_id(), Channel.WEBSOCKET, NOW)])
            delivery = await work.deliveries.get(sent.state.id)
            assert delivery
            delivery.failed(Failure.REFUSED, NOW)
            await work.deliveries.save(delivery)
        async with open_work(THE_SERVICE) as work:
            assert await work.deliveries.claim(LATER, LATER, 10) == []
            again = await work.deliveries.get(sent.state.id)
            assert again
            assert again.state == delivery.state
            assert await work.deliveries.get(uuid4()) is None

    async def test_each_channel_is_claimed_by_itself(self, open_work: OpenWork) -> None:
        mail, state = await kept_mail(open_work), await kept_notification(open_work)
        live = Delivery.of(state, new_id(), Channel.WEBSOCKET, NOW)
        async with open_work(THE_SERVICE) as work:
            await work.deliveries.add([live])
        async with open_work(THE_SERVICE) as work:
            claimed = await work.deliveries.claim(NOW, LATER, 10, Channel.WEBSOCKET)
            assert [each.id for each in claimed] == [live.state.id]
            assert await work.deliveries.claim(NOW, LATER, 10, Channel.WEBSOCKET) == []
            assert [each.id for each in await work.deliveries.claim(NOW, LATER, 10)] == [mail.state.id]

    async def test_what_ended_long_ago_is_purged(self, open_work: OpenWork) -> None:
        ended, pending = await kept_mail(open_work), await kept_mail(open_work)
        async with open_work(THE_SERVICE) as work:
            delivery = await work.deliveries.get(ended.state.id)
            assert delivery
            delivery.sent(NOW)
            await work.deliveries.save(delivery)
        async with open_work(THE_SERVICE) as work:
            assert await work.deliveries.purge(NOW, 10) == 0
            assert await work.deliveries.purge(LATER, 10) == 1
            assert await work.deliveries.get(pending.state.id)


class TestTickets:
    async def test_it_counts_once_and_not_for_long(self, open_work: OpenWork) -> None:
        visitor = Visitor("me", frozenset({"o"}), frozenset({"read:parking"}), 123.5, "login")
        async with open_work(THE_SERVICE) as work:
            for secret in (b"one", b"two"):
                await work.tickets.add(Ticket(secret, visitor, LATER))
        async with open_work(THE_SERVICE) as work:
            assert await work.tickets.use(b"one", LATER) is None
            assert await work.tickets.use(b"one", NOW) == visitor
            assert await work.tickets.use(b"one", NOW) is None
        async with open_work(THE_SERVICE) as work:
            assert await work.tickets.purge(NOW, 10) == 0
            assert await work.tickets.purge(LATER + timedelta(seconds=1), 10) == 1
            assert await work.tickets.use(b"two", NOW) is None
