"""What can be wrong, as sentences. Which HTTP status each one is stands at the edge."""


class AnalyticsError(Exception):
    """Anything that this domain refuses."""


class UnknownLot(AnalyticsError):
    """No such lot, or none that the asking person operates."""

    def __init__(self, parking_lot_id: object) -> None:
        super().__init__(f"There is no parking lot {parking_lot_id}.")


class UnknownOrganization(AnalyticsError):
    """No such organization, or none that the asking person belongs to."""

    def __init__(self, organization_id: object) -> None:
        super().__init__(f"There is no organization {organization_id}.")


class InvalidQuestion(AnalyticsError):
    """A parameter that cannot be answered; `field` names it, `rule` says why."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field} {rule}.")
        self.field = field
        self.rule = rule


class RebuildRunning(AnalyticsError):
    """Another rebuild of the same projection has not ended."""


class RebuildAbandoned(AnalyticsError):
    """Somebody gave this rebuild up while it ran."""
