"""What the command line says."""

import pytest
from services.analytics.tests.events import confirmed, posted
from services.analytics.tests.installation import Publish
from services.analytics.tests.processes import command

from analytics_service.bootstrap import Analytics


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("rebuild", "receipts"), 2, "'receipts' is none of reservations, ledger, occupancy"),
        (("replay", "--group", "analytics.nothing"), 2, "invalid choice"),
    ],
)
async def test_a_wrong_argument_is_a_sentence(
    analytics: Analytics, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    async with command(analytics.settings, *arguments) as refused:
        _, said = await refused.communicate()
    assert refused.returncode == code
    assert sentence in said.decode()


async def test_all_are_rebuilt_where_none_is_named(analytics: Analytics, publish: Publish) -> None:
    await publish(posted(), confirmed())
    async with command(analytics.settings, "rebuild") as done:
        output, said = await done.communicate()
    assert output.decode().splitlines() == [
        "reservations: 1 documents, 0 left out",
        "ledger: 1 documents, 0 left out",
        "occupancy: 0 documents, 0 left out",
    ], said


async def test_nothing_is_to_be_replayed(analytics: Analytics) -> None:
    async with command(analytics.settings, "replay", "--group", "analytics.projections") as done:
        output, _ = await done.communicate()
    assert done.returncode == 0
    assert b'"applied": 0' in output
