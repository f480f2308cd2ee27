"""Transactions of nothing: they only know what to do at the end."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager


class FakeTransaction:
    """Collects what happens on commit and what is undone on rollback."""

    def __init__(self) -> None:
        self._on_commit: list[Callable[[], object]] = []
        self._on_rollback: list[Callable[[], object]] = []

    def on_commit(self, action: Callable[[], object]) -> None:
        """Do this if the transaction commits."""
        self._on_commit.append(action)

    def on_rollback(self, action: Callable[[], object]) -> None:
        """Undo with this if it does not."""
        self._on_rollback.append(action)

    def commit(self) -> None:
        """Make it so."""
        for action in self._on_commit:
            action()

    def rollback(self) -> None:
        """Undo, the last first."""
        for action in reversed(self._on_rollback):
            action()


class FakeTransactions:
    """Opens fake transactions; `fail_next_commit` makes the next one fail at its end, with that error."""

    def __init__(self) -> None:
        self.fail_next_commit: Exception | None = None

    @asynccontextmanager
    async def __call__(self) -> AsyncGenerator[FakeTransaction]:
        """As `engine.begin`."""
        tx = FakeTransaction()
        try:
            yield tx
            self._fail_if_asked()
        except BaseException:
            tx.rollback()
            raise
        tx.commit()

    def _fail_if_asked(self) -> None:
        error, self.fail_next_commit = self.fail_next_commit, None
        if error is not None:
            raise error
