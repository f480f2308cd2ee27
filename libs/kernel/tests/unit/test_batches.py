"""Many works at the same time: each ends, and every failure is raised."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from parking_kernel.askers import THE_SERVICE, Asker
from parking_kernel.batches import attempt_all, finish_all, until_all, until_all_in


class Works:
    """Works that note that they ended, or fail."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    async def end(self, name: str) -> None:
        self.ended.append(name)

    async def fail(self, error: Exception) -> None:
        raise error


async def test_all_end_where_none_fails() -> None:
    works = Works()
    await finish_all([works.end("one"), works.end("other")], "several failed")
    assert works.ended == ["one", "other"]


async def test_a_single_failure_is_raised_itself_when_the_others_have_ended() -> None:
    works = Works()
    with pytest.raises(ConnectionError, match="away"):
        await finish_all([works.fail(ConnectionError("away")), works.end("other")], "several failed")
    assert works.ended == ["other"]


async def test_of_several_failures_none_is_lost() -> None:
    works = Works()
    failing = [works.fail(ConnectionError("away")), works.end("other"), works.fail(LookupError("gone"))]
    with pytest.raises(ExceptionGroup, match="several failed") as failed:
        await finish_all(failing, "several failed")
    assert [type(each) for each in failed.value.exceptions] == [ConnectionError, LookupError]
    assert works.ended == ["other"]


@pytest.mark.parametrize(("things", "batches"), [(0, [0]), (2, [2]), (3, [3, 0]), (7, [3, 3, 1])])
async def test_batches_are_settled_until_one_is_not_full(things: int, batches: list[int]) -> None:
    seen, left = list[int](), things

    async def settle(limit: int) -> int:
        nonlocal left
        batch = min(limit, left)
        left -= batch
        seen.append(batch)
        return batch

    assert await until_all(settle, 3) == things
    assert seen == batches


async def test_each_batch_is_a_unit_of_work_of_the_service_s_own() -> None:
    opened, committed, left = list[Asker](), list[int](), [3, 3, 1]

    @asynccontextmanager
    async def open_work(asker: Asker) -> AsyncIterator[int]:
        opened.append(asker)
        yield len(opened)
        committed.append(len(opened))

    async def settle(work: int, limit: int) -> int:
        assert (work, limit) == (len(committed) + 1, 3), "the one before is committed"
        return left.pop(0)

    assert await until_all_in(open_work, settle, 3) == 7
    assert (opened, committed) == ([THE_SERVICE] * 3, [1, 2, 3])


@pytest.mark.parametrize("count", [0, 2, 3, 7])
async def test_all_of_a_list_are_attempted_past_those_that_fail(count: int) -> None:
    attempted = list[int]()

    async def page(after: int | None) -> list[int]:
        first = 0 if after is None else after + 1
        return list(range(first, min(first + 3, count)))

    async def attempt(number: int) -> bool:
        attempted.append(number)
        return number % 2 == 1

    assert await attempt_all(page, 3, attempt) == count // 2
    assert attempted == list(range(count))
