"""What is kept for the gates, on the fake and on PostgreSQL."""

from datetime import timedelta
from uuid import uuid4

from services.reservation.tests.contract.stores import Store
from services.reservation.tests.examples import START

from parking_kernel.askers import THE_SERVICE
from reservation_service.application.ports import UserCopy

MINUTE = timedelta(minutes=1)


class TestEarlyExits:
    async def test_the_first_since_the_entry_is_taken_and_with_it_all_are_gone(self, store: Store) -> None:
        mine, other = uuid4(), uuid4()
        async with store.work(THE_SERVICE) as work:
            for minutes in (30, 10, 20, 20):
                await work.early_exits.keep(mine, START + minutes * MINUTE)
            await work.early_exits.keep(other, START)
        async with store.work(THE_SERVICE) as work:
            assert await work.early_exits.take(mine, START + 11 * MINUTE) == START + 20 * MINUTE
            assert await work.early_exits.take(mine, START) is None
            assert await work.early_exits.take(other, START) == START

    async def test_one_before_the_entry_is_none_of_its_stay(self, store: Store) -> None:
        reservation_id = uuid4()
        async with store.work(THE_SERVICE) as work:
            await work.early_exits.keep(reservation_id, START)
            assert await work.early_exits.take(reservation_id, START + MINUTE) is None
            assert await work.early_exits.take(reservation_id, START) == START


class TestUsers:
    async def test_suspended_and_reinstated(self, store: Store) -> None:
        user_id = uuid4()
        async with store.work(THE_SERVICE) as work:
            assert await work.users.suspended_at(user_id) is None
            assert not await work.users.keep(UserCopy(user_id, False, START, 1))
            assert await work.users.keep(UserCopy(user_id, True, START + MINUTE, 2))
            assert await work.users.suspended_at(user_id) == START + MINUTE
            assert not await work.users.keep(UserCopy(user_id, True, START + 2 * MINUTE, 3))
            assert await work.users.suspended_at(user_id) == START + MINUTE, "since the first that was published"
            assert await work.users.keep(UserCopy(user_id, False, START + 3 * MINUTE, 4))
            assert await work.users.suspended_at(user_id) is None

    async def test_older_and_repeated_versions_change_nothing(self, store: Store) -> None:
        user_id = uuid4()
        async with store.work(THE_SERVICE) as work:
            assert await work.users.keep(UserCopy(user_id, True, START, 2))
            assert not await work.users.keep(UserCopy(user_id, True, START, 2))
            assert not await work.users.keep(UserCopy(user_id, False, START, 1))
            assert await work.users.suspended_at(user_id) == START
            assert await work.users.keep(UserCopy(user_id, False, START, 5))
            assert not await work.users.keep(UserCopy(user_id, True, START, 2)), "a repeat that comes late"
            assert await work.users.suspended_at(user_id) is None
