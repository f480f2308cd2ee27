from dataclasses import dataclass, field

from analytics_service.application.ports import Document, Projection, StoreAway


@dataclass
class FakeCluster:
    """Indices and aliases in memory; `is_away` makes every call fail."""

    indices: dict[str, dict[str, Document]] = field(default_factory=dict[str, dict[str, Document]])
    aliases: dict[Projection, str] = field(default_factory=dict[Projection, str])
    is_away: bool = False
    made: int = 0

    def require(self) -> None:
        if self.is_away:
            raise StoreAway("elasticsearch does not answer")

    def found(self, projection: Projection) -> dict[str, Document]:
        """What a question finds."""
        if projection not in self.aliases:
            raise StoreAway(f"{projection.value} leads nowhere")
        return self.indices[self.aliases[projection]]
