from collections.abc import Sequence

from services.auth.tests.fakes.postgres.tables import Tables

from auth_service.application.ports import Aggregate


def publish(tables: Tables, changed: Sequence[Aggregate]) -> None:
    tables.outbox += [event for aggregate in changed for event in aggregate.events]
