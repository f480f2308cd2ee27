"""What happens to deliveries is published with what stores it, or neither."""

from uuid import uuid4

import pytest
from services.notification.tests.contract.conftest import Store
from services.notification.tests.stories import NOW, kept_mail, kept_notification, lot

from notification_service.domain.deliveries import Channel, Delivery, DeliveryStatus
from notification_service.domain.errors import UnknownNotification
from parking_chassis.ids import new_id
from parking_kernel.askers import THE_SERVICE
from parking_kernel.changes import UnsavedChanges


async def test_what_is_saved_is_published_in_the_order_of_saving(store: Store) -> None:
    mail = await kept_mail(store.open_work)
    on_socket = Delivery.of(await kept_notification(store.open_work), new_id(), Channel.WEBSOCKET, NOW)
    on_socket.sent(NOW)
    assert await store.published() == [], "a pending mail is nobody else's business"
    async with store.open_work(THE_SERVICE) as work:
        loaded = await work.deliveries.get(mail.state.id)
        assert loaded
        loaded.sent(NOW)
        await work.deliveries.add([on_socket])
        await work.deliveries.save(loaded)
    assert await store.published() == [on_socket.state.id, mail.state.id]


async def test_what_happened_and_was_not_saved_cannot_be_committed(store: Store) -> None:
    mail, copy = await kept_mail(store.open_work), lot()

    async def send_without_saving() -> None:
        async with store.open_work(THE_SERVICE) as work:
            await work.copies.keep_lot(copy)
            loaded = await work.deliveries.get(mail.state.id)
            assert loaded
            loaded.sent(NOW)

    with pytest.raises(UnsavedChanges, match="Delivery has events that were not saved"):
        await send_without_saving()
    async with store.open_work(THE_SERVICE) as work:
        assert await work.copies.lot(copy.id) is None
        kept = await work.deliveries.get(mail.state.id)
        assert kept
        assert kept.state.status is DeliveryStatus.PENDING
    assert await store.published() == []


async def test_what_a_failed_transaction_saved_is_not_published(store: Store) -> None:
    mail = await kept_mail(store.open_work)

    async def send_and_fail() -> None:
        async with store.open_work(THE_SERVICE) as work:
            loaded = await work.deliveries.get(mail.state.id)
            assert loaded
            loaded.sent(NOW)
            await work.deliveries.save(loaded)
            await work.notifications.read(uuid4())

    with pytest.raises(UnknownNotification):
        await send_and_fail()
    assert await store.published() == []
