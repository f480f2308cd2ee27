"""When reservation may rely on everything having left."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from payment_service.application.ports import UnpublishedEvent
from payment_service.application.queries.look_into_outbox import LookIntoOutbox, LookIntoOutboxHandler

ONE, OTHER = uuid4(), uuid4()
CLEAR: frozenset[UUID] = frozenset()
NOT_CLEAR = None


class FakeUnpublishedPayments:
    """See `payment_service.application.ports.UnpublishedPayments`: what each look sees, the last one ever after."""

    def __init__(self, *looks: Sequence[UnpublishedEvent]) -> None:
        self._looks = list(looks)
        self.pauses = 0

    async def first(self, limit: int) -> Sequence[UnpublishedEvent]:
        seen = self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]
        return seen[:limit]

    async def pause(self, _seconds: float) -> None:
        self.pauses += 1


def event(position: int, reservation_id: UUID = ONE, *, is_held: bool = False) -> UnpublishedEvent:
    return UnpublishedEvent(position, reservation_id, is_held)


async def state(outbox: FakeUnpublishedPayments) -> frozenset[UUID] | None:
    return await LookIntoOutboxHandler(outbox, outbox.pause)(LookIntoOutbox())


async def test_an_empty_outbox_is_clear_at_once() -> None:
    outbox = FakeUnpublishedPayments([])
    assert await state(outbox) == CLEAR
    assert outbox.pauses == 0


async def test_what_stays_is_not_clear_and_is_not_waited_for_without_end() -> None:
    outbox = FakeUnpublishedPayments([event(7)])
    assert await state(outbox) is NOT_CLEAR
    assert outbox.pauses == 20


async def test_what_leaves_meanwhile_is_waited_for() -> None:
    outbox = FakeUnpublishedPayments([event(7), event(8)], [event(8)], [])
    assert await state(outbox) == CLEAR
    assert outbox.pauses == 2


async def test_what_is_committed_after_the_question_does_not_count() -> None:
    """Else, with payments all the time, it would never be clear."""
    assert await state(FakeUnpublishedPayments([event(7)], [event(8)])) == CLEAR


async def test_a_lower_number_that_commits_later_counts() -> None:
    assert await state(FakeUnpublishedPayments([event(7)], [event(6), event(8)])) is NOT_CLEAR


async def test_what_is_held_is_named_and_holds_up_nobody_else() -> None:
    held = [event(3, OTHER, is_held=True), event(9, OTHER, is_held=True)]
    assert await state(FakeUnpublishedPayments(held)) == {OTHER}
    assert await state(FakeUnpublishedPayments([*held, event(10)])) is NOT_CLEAR


async def test_what_is_refused_meanwhile_is_held() -> None:
    outbox = FakeUnpublishedPayments([event(3, OTHER)], [event(3, OTHER, is_held=True)])
    assert await state(outbox) == {OTHER}


async def test_more_than_a_thousand_are_too_many_to_name() -> None:
    held = [event(number, is_held=True) for number in range(1001)]
    assert await state(FakeUnpublishedPayments(held[:1000])) == {ONE}
    outbox = FakeUnpublishedPayments(held)
    assert await state(outbox) is NOT_CLEAR
    assert outbox.pauses == 0
