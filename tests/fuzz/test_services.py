"""Whatever is asked, a service answers as its document says, and never with a 5xx. `make fuzz` asks for longer."""

import pytest
from tests.fuzz import report
from tests.fuzz.campaign import Outcome
from tests.fuzz.cast import SERVICES

# Of a run as short as this: a few operations need a luck that it may not have.
REACHED = 0.9


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_keeps_its_document(outcomes: dict[str, Outcome], service: str) -> None:
    outcome = outcomes[service]
    assert outcome.cases
    assert not outcome.faults, "\n".join(report.faults({service: outcome}))


def test_operations_are_tried_beyond_their_first_checks(outcomes: dict[str, Outcome]) -> None:
    """401 and 404 to everything would be no fault."""
    operations = sum(len(each.answers) for each in outcomes.values())
    never = [operation for each in outcomes.values() for operation in report.unreached(each)]
    assert len(never) <= (1 - REACHED) * operations, "\n".join(report.lines(outcomes))
