"""What aliases and indices are called. The prefix keeps installations apart that share a cluster."""

from dataclasses import dataclass

from analytics_service.application.ports import Projection


@dataclass(frozen=True, slots=True)
class Names:
    """`parking-ledger` is read, `parking-ledger-<id>` holds the documents, `parking-ledger-<id>.write` is written.

    Writing goes by an alias of each index, and demands that it is one: no cluster, however it is set up, then makes an
    index by itself, with a mapping that it guesses, where an operator has deleted ours.
    """

    prefix: str

    def reading(self, projection: Projection) -> str:
        """The alias that questions go by."""
        return f"{self.prefix}{projection.value}"

    def index(self, projection: Projection, unique: str) -> str:
        """A new index."""
        return f"{self.reading(projection)}-{unique}"

    def every_index(self, projection: Projection) -> str:
        """All indices that a projection ever had."""
        return f"{self.reading(projection)}-*"

    @staticmethod
    def writing(index: str) -> str:
        """The alias that an index is written by."""
        return f"{index}.write"
