"""Optimistic concurrency: what two people changed at once."""


class ChangedMeanwhile(Exception):
    """Someone else changed the same thing since it was read."""

    def __init__(self, what: str) -> None:
        super().__init__(f"The {what} was changed by someone else meanwhile; read it again.")
