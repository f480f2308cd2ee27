"""Refusals in memory."""

from collections.abc import Collection


class FakeRefusals:
    """Remembers which rows were refused."""

    def __init__(self) -> None:
        self.seqs = set[int]()

    async def note(self, seqs: Collection[int]) -> None:
        """Add them."""
        self.seqs |= set(seqs)
