"""Stays at which a tariff's prices are tried before it is published: where one may fall, or be below a charge.

A price changes its course where a line of a table begins, and what it is there depends on when the stay begins: on the
time bands that it meets, and on how the periods of a cap cut it. Tried are starts at which these meet, in a bounded
number: by a clock that is never put forward or back, in a week that stands for all.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from zoneinfo import ZoneInfo

from parking_kernel.local_days import MINUTE
from parking_kernel.periods import Period
from parking_kernel.pricing import price
from parking_kernel.rate_tables import AmountsDue, RateTable
from parking_kernel.tariff_rules import MINUTES_OF_WEEK, minutes_of_week
from parking_kernel.tariffs import CapPeriod, LineType, RateLine, Tariff
from parking_kernel.wall_times import MINUTES_OF_DAY, text_of

MOST_BORDERS = 1500
LONGEST = 31 * MINUTES_OF_DAY  # the longest stay that is looked at where there are caps, in minutes
MAIN = -1
"""The table outside of the time bands, by its place among them."""
_MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
_CLOCK = ZoneInfo("UTC")


class Tried(NamedTuple):
    """A stay that begins in a minute of the week and takes so many, and what it costs.

    `table` and `line` are where the line stands that makes the price.
    """

    table: int
    line: int
    start: int
    minutes: int
    cost: int

    @property
    def begins(self) -> str:
        """When the stay begins, by the clock."""
        return text_of(self.start % MINUTES_OF_DAY)


class _Piece(NamedTuple):
    """A part of a stay under one table, in minutes of the week; without end where one table holds always."""

    table: int
    starts: int
    ends: int | None


class TriedStays:
    """The stays of one tariff, which was checked by `tariff_rules`."""

    def __init__(self, tariff: Tariff) -> None:
        self._tariff = tariff
        self._lines: dict[int, Sequence[RateLine]] = {MAIN: tariff.lines}
        self._lines |= {index: band.lines for index, band in enumerate(tariff.time_bands)}
        self._step = tariff.rounding_minutes or 1
        self._week = [MAIN] * MINUTES_OF_WEEK
        for index, band in enumerate(tariff.time_bands):
            for minute in minutes_of_week(band):
                self._week[minute] = index
        self._changes = [at for at in range(MINUTES_OF_WEEK) if self._week[at - 1] != self._week[at]]
        self._cost = lru_cache(10_000)(self._priced)
        self.priced = 0
        """How many stays were priced."""

    def that_fall(self) -> Iterator[tuple[Tried, Tried]]:
        """For each line at most one pair of stays of which the longer one is cheaper, and within the line."""
        found: set[tuple[int, int]] = set()
        for number, (start, piece, index, border) in enumerate(self._borders()):
            if number >= MOST_BORDERS:
                return
            before = (piece.starts - start + border) // self._step * self._step
            if before <= self._tariff.free_minutes or (piece.table, index) in found:
                continue
            shorter, longer = (
                Tried(piece.table, index, start, minutes, self._cost(start, minutes))
                for minutes in (before, before + self._step)
            )
            if longer.cost < shorter.cost:
                found.add((piece.table, index))
                yield shorter, longer

    def across_bands(self) -> Iterator[Tried]:
        """Short stays that are partly under one table and partly under the next, at whose border they begin or end.

        Free minutes and rounding are of the whole stay: one minute of a table may be all that costs anything.
        """
        for table, index, start, minutes in islice(self._across(), 2 * MOST_BORDERS):
            yield Tried(table, index, start, minutes, self._cost(start, minutes))

    def _across(self) -> Iterator[tuple[int, int, int, int]]:
        for change in self._edges():
            before, after = self._week[change - 1], self._week[change]
            for index, line in enumerate(self._lines[before]):
                within = line.from_minutes + 1
                yield before, index, (change - within) % MINUTES_OF_WEEK, self._paid(within)
            for index, line in enumerate(self._lines[after]):
                minutes = self._paid(line.from_minutes + 1)
                yield after, index, (change + line.from_minutes + 1 - minutes) % MINUTES_OF_WEEK, minutes

    def _paid(self, minutes: int) -> int:
        """The shortest stay of at least so many minutes that is not free, as it is rounded."""
        return -(-max(minutes, self._tariff.free_minutes + 1) // self._step) * self._step

    def _priced(self, start: int, minutes: int) -> int:
        self.priced += 1
        starts_at = _MONDAY + start * MINUTE
        return price(self._tariff, Period(starts_at, starts_at + minutes * MINUTE), _CLOCK).total.amount

    def _borders(self) -> Iterator[tuple[int, _Piece, int, int]]:
        """A start, a piece of the stay, and where within the piece which line of its table begins.

        A price falls where a `flat_tier` begins or ends, or nowhere. With caps it matters what fell due before.
        """
        tiered = {at for at, lines in self._lines.items() if any(_is_tier(line) for line in lines)}
        if not tiered:
            return
        for start in self._starts():
            for piece in self._pieces(start):
                if piece.table in tiered:
                    for index, border in self._borders_of(start, piece):
                        yield start, piece, index, border

    def _borders_of(self, start: int, piece: _Piece) -> Iterator[tuple[int, int]]:
        lines = self._lines[piece.table]
        length = None if piece.ends is None else piece.ends - piece.starts
        for round_starts in self._rounds(start, piece):
            for index, line in enumerate(lines[1:], start=1):
                border = round_starts + line.from_minutes
                is_reached = length is None or border < length
                is_tiered = _is_tier(line) or _is_tier(lines[index - 1]) or self._step > 1
                if is_tiered and is_reached and (not self._tariff.caps or border < LONGEST):
                    yield index, border

    def _rounds(self, start: int, piece: _Piece) -> list[int]:
        """Where within a piece rounds of its table begin: the first, and those that a cap's period cuts."""
        length = RateTable(self._lines[piece.table]).round_minutes
        rounds = {0}
        if length and self._tariff.caps:
            until = min(piece.ends or LONGEST, start + LONGEST)
            for origin in {start if cap.per is CapPeriod.TWENTY_FOUR_HOURS else 0 for cap in self._tariff.caps}:
                first = piece.starts + (origin - piece.starts - 1) % MINUTES_OF_DAY
                rounds |= {(at - piece.starts) // length for at in range(first, until, MINUTES_OF_DAY)}
        return [number * length for number in sorted(rounds)]

    def _pieces(self, start: int) -> Iterator[_Piece]:
        """The pieces of a stay that begin within its first day, or the first alone where there are no caps."""
        if not self._changes:
            yield _Piece(self._week[0], start, None)
            return
        begins = start
        while begins < start + MINUTES_OF_DAY:
            ends = self._next_change(begins)
            yield _Piece(self._week[begins % MINUTES_OF_WEEK], begins, ends)
            if not self._tariff.caps:
                return
            begins = ends

    def _next_change(self, after: int) -> int:
        week, minute = divmod(after, MINUTES_OF_WEEK)
        place = bisect_left(self._changes, minute + 1)
        if place == len(self._changes):
            week, place = week + 1, 0
        return week * MINUTES_OF_WEEK + self._changes[place]

    def _starts(self) -> Iterator[int]:
        """Where bands change; with caps also where a period of theirs cuts the stay, and each full hour."""
        edges = self._edges() or [0]
        yield from edges
        if not self._tariff.caps or not (self._changes or self._by_date):
            return
        splits = self._splits()
        seen = set(edges)
        for day in self._days():
            clocks = [0, MINUTES_OF_DAY - 1, *((MINUTES_OF_DAY - split) % MINUTES_OF_DAY for split in splits)]
            clocks += [(edge + split) % MINUTES_OF_DAY for edge in edges if self._changes for split in splits]
            for clock in [*clocks, *range(0, MINUTES_OF_DAY, 60)]:
                start = day * MINUTES_OF_DAY + clock
                if start not in seen:
                    seen.add(start)
                    yield start

    @property
    def _by_date(self) -> bool:
        return any(cap.per is CapPeriod.CALENDAR_DAY for cap in self._tariff.caps)

    def _edges(self) -> list[int]:
        """Where bands change, one for each kind of change: the tables before and after it, and how long they hold."""
        kinds: dict[object, int] = {}
        for place, at in enumerate(self._changes):
            before = (at - self._changes[place - 1]) % MINUTES_OF_WEEK
            after = self._next_change(at) - at
            kind = (at % MINUTES_OF_DAY, self._week[at - 1], self._week[at], before, after)
            kinds.setdefault(kind, at)
        return list(kinds.values())

    def _days(self) -> list[int]:
        """The days of the week, one for each kind: what holds on it and on the day after it."""
        week = [*self._week, *self._week[:MINUTES_OF_DAY]]
        kinds: dict[tuple[int, ...], int] = {}
        for day in range(MINUTES_OF_WEEK // MINUTES_OF_DAY):
            kinds.setdefault(tuple(week[day * MINUTES_OF_DAY : (day + 2) * MINUTES_OF_DAY]), day)
        return list(kinds.values())

    def _splits(self) -> list[int]:
        """After how many minutes, within a day, a cap is reached, or half, or all but the cap, of what is due.

        A stay that is cut there costs most before a tier begins.
        """
        found: dict[int, None] = {}
        for lines in self._lines.values():
            table = RateTable(lines)
            for line in lines[1:]:
                if not _is_tier(line):
                    continue
                due = AmountsDue(table, line.from_minutes)
                for target in {
                    due.total // 2,
                    *(each for cap in self._tariff.caps for each in _beside(cap.amount, due)),
                }:
                    reached = bisect_left(range(line.from_minutes), target, key=due.before)
                    found |= {minute % MINUTES_OF_DAY: None for minute in (reached, reached - 1)}
        return list(found)


def _beside(cap: int, due: AmountsDue) -> tuple[int, int]:
    return cap, due.total - cap


def _is_tier(line: RateLine) -> bool:
    return line.type is LineType.FLAT_TIER
