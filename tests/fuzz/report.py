"""What a run reports: how each operation answered, which ones never did what they are for, and what went wrong."""

from collections import Counter
from collections.abc import Iterator, Mapping

from tests.fuzz.campaign import Outcome

OK, CLIENT_ERROR, SERVER_ERROR = 200, 400, 500


def unreached(outcome: Outcome) -> list[str]:
    """The operations that never succeeded: nothing behind their first checks was tried."""
    return [operation for operation, counts in outcome.answers.items() if not _between(counts, OK, CLIENT_ERROR)]


def lines(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """The table of all services, and every fault with a request that shows it."""
    yield f"{'operation':<72} {'2xx':>7} {'4xx':>7} {'5xx':>5}  by status"
    total: Counter[int] = Counter()
    for service, outcome in outcomes.items():
        yield service
        for operation, counts in outcome.answers.items():
            yield f"  {_row(operation, counts)}  {_by_status(counts)}"
            total.update(counts)
    operations = sum(len(each.answers) for each in outcomes.values())
    yield _row(f"{operations} operations, {total.total()} cases", total)
    never = [operation for each in outcomes.values() for operation in unreached(each)]
    yield f"{len(never)} operations never succeeded{': ' if never else ''}{', '.join(never)}"
    yield from faults(outcomes)


def faults(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """Every fault with a request that shows it; `$TOKEN` stands for an access token of the person who asked."""
    found = [fault for each in outcomes.values() for fault in each.faults.values()]
    yield f"{len(found)} faults"
    for fault in found:
        yield f"\n{fault.operation} ({fault.who}): {fault.title} [{fault.check}]"
        yield from filter(None, (fault.message, fault.curl, fault.answer))


def _row(what: str, counts: Counter[int]) -> str:
    borders = (OK, CLIENT_ERROR), (CLIENT_ERROR, SERVER_ERROR), (SERVER_ERROR, 600)
    success, refusal, failure = (_between(counts, *border) for border in borders)
    return f"{what:<70} {success:>7} {refusal:>7} {failure:>5}"


def _between(counts: Counter[int], lowest: int, beyond: int) -> int:
    return sum(count for status, count in counts.items() if lowest <= status < beyond)


def _by_status(counts: Counter[int]) -> str:
    return " ".join(f"{status}:{count}" for status, count in sorted(counts.items()))
