"""`alembic.op` without alembic."""


class RecordedOperations:
    """See `parking_messaging.migrations.Operations`. Records the statements, to run them without a migration."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def execute(self, sqltext: str, /) -> None:
        """Keep one statement."""
        self.statements.append(sqltext)
