"""What operators said who cancelled, on the fake and on PostgreSQL."""

from uuid import uuid4

import pytest
from services.reservation.tests.contract.stores import Store
from services.reservation.tests.examples import NOW

from parking_kernel.askers import THE_SERVICE
from reservation_service.domain.cancellation import OperatorCancellation, OperatorRefund
from reservation_service.domain.errors import UnknownReservation


async def test_it_is_kept_as_it_was_said_and_for_its_reservation_alone(store: Store) -> None:
    said = [
        OperatorCancellation(uuid4(), uuid4(), f"Überflutet, {refund.value} 🌊", refund, NOW)
        for refund in OperatorRefund
    ]
    async with store.work(THE_SERVICE) as work:
        for each in said:
            await work.operator_cancellations.add(each)
    async with store.work(THE_SERVICE) as work:
        assert [await work.operator_cancellations.of(each.reservation_id) for each in said] == said
        assert await work.operator_cancellations.of(uuid4()) is None


async def test_what_is_rolled_back_was_never_said(store: Store) -> None:
    said = OperatorCancellation(uuid4(), uuid4(), "Flooded", OperatorRefund.FULL, NOW)

    async def say_and_fail() -> None:
        async with store.work(THE_SERVICE) as work:
            await work.operator_cancellations.add(said)
            await work.reservations.get(said.reservation_id)

    with pytest.raises(UnknownReservation):
        await say_and_fail()
    async with store.work(THE_SERVICE) as work:
        assert await work.operator_cancellations.of(said.reservation_id) is None
