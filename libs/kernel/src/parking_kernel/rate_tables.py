"""What the lines of one table ask for, in closed form: whole rounds and increments are counted, never walked."""

from bisect import bisect_left
from collections.abc import Sequence

from parking_kernel.tariffs import LineType, RateLine

type Charged = tuple[str, int]
"""What a line item counts: a label, and the amount in minor units that falls due each time."""


class RateTable:
    """A table of rate lines. One whose last line ends begins again at its end; each time is a round."""

    __slots__ = ("_borders", "_sums", "hours", "lines", "round_minutes")

    def __init__(self, lines: Sequence[RateLine], hours: str = "") -> None:
        self.lines = lines
        self.hours = hours
        """When the table holds, as its labels say."""
        ends = [line.to_minutes for line in lines if line.to_minutes is not None]
        self.round_minutes = max(ends) if lines and len(ends) == len(lines) else 0
        """How long a round is; 0 in a table without end."""
        self._borders: list[int] = []
        self._sums: list[tuple[int, tuple[RateLine, ...]]] = []

    def tier(self, minutes: int) -> RateLine | None:
        """The tier within which a round of so many minutes ends: its whole price, whatever lines lie before it."""
        for line in self.lines:
            if line.type is LineType.FLAT_TIER and line.from_minutes < minutes <= (line.to_minutes or minutes):
                return line
        return None

    def due_before(self, minute: int) -> int:
        """The sum of what falls due before a minute of a round, tiers aside."""
        if not self._borders:
            self._add_up()
        index = bisect_left(self._borders, minute) - 1
        if index < 0:
            return 0
        due, running = self._sums[index]
        return due + sum(line.amount * times_due(line, minute) for line in running)

    def _add_up(self) -> None:
        """Between two borders of lines: the sum of what fell due before, and the lines whose increments go on."""
        starting = sorted(self.lines, key=lambda line: line.from_minutes, reverse=True)
        borders = {line.from_minutes for line in self.lines} | {line.to_minutes or 0 for line in self.lines}
        due, running = 0, list[RateLine]()
        for border in sorted(borders):
            due += sum(line.amount * times_due(line, border) for line in running if line.to_minutes == border)
            running = [line for line in running if line.to_minutes != border]
            while starting and starting[-1].from_minutes == border:
                line = starting.pop()
                if line.type is LineType.INCREMENTING:
                    running.append(line)
                elif line.type is LineType.FLAT:
                    due += line.amount
            self._borders.append(border)
            self._sums.append((due, tuple(running)))


class AmountsDue:
    """What falls due in a stretch of so many minutes, begun at the start of a table.

    `items`: how often each amount does, in the order in which the lines first ask for it. `total`: their sum.
    """

    __slots__ = ("_last_tier", "_round_tier", "_round_total", "_rounds", "_table", "items", "total")

    def __init__(self, table: RateTable, minutes: int) -> None:
        self._table = table
        self._rounds, last_minutes = divmod(minutes, table.round_minutes) if table.round_minutes else (0, minutes)
        self._last_tier = table.tier(last_minutes)
        self._round_tier = table.tier(table.round_minutes) if self._rounds else None
        self.items: dict[Charged, int] = {}
        self._round_total = 0
        if self._rounds:
            self._round_total = self._add(self._round_tier, table.round_minutes, self._rounds)
        self.total = self._rounds * self._round_total + self._add(self._last_tier, last_minutes, 1)

    def before(self, minute: int) -> int:
        """The sum of what falls due before a minute of the stretch."""
        length = self._table.round_minutes
        passed = min(minute // length, self._rounds) if self._rounds else 0
        tier = self._last_tier if passed == self._rounds else self._round_tier
        minute -= passed * length
        due = 0
        if minute > 0:
            due = tier.amount if tier else self._table.due_before(minute)
        return passed * self._round_total + due

    def _add(self, tier: RateLine | None, minutes: int, rounds: int) -> int:
        """Count what a round of so many minutes asks for, that many times; returns what one asks for."""
        total = 0
        for line in (tier,) if tier else self._table.lines:
            times = 1 if tier else times_due(line, minutes)
            if times and line.amount:
                total += line.amount * times
                charged = (_label(line) + self._table.hours, line.amount)
                self.items[charged] = self.items.get(charged, 0) + times * rounds
        return total


def times_due(line: RateLine, minutes: int) -> int:
    """How often a line's amount falls due in the first minutes of a round. A tier's does not: see `RateTable.tier`.

    Raises `ValueError` for an incrementing line without increments, which no tariff has that was checked.
    """
    if minutes <= line.from_minutes or line.type is LineType.FLAT_TIER:
        return 0
    if line.type is LineType.FLAT:
        return 1
    if not line.increment_minutes:
        raise ValueError(f"rate line {line.sequence} is incrementing, and does not say how long its increments are")
    until = minutes if line.to_minutes is None else min(minutes, line.to_minutes)
    return -(-(until - line.from_minutes) // line.increment_minutes)


def _label(line: RateLine) -> str:
    return f"{line.increment_minutes} min" if line.type is LineType.INCREMENTING else "Flat rate"
