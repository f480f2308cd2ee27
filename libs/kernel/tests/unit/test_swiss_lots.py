"""The 649 Swiss lots cost what they cost before there was a kernel, and are open when they were."""

import hashlib
from pathlib import Path

import pytest
from libs.kernel.tests import swiss_lots


@pytest.fixture(scope="module")
def lots(shared_data: Path) -> list[swiss_lots.Lot]:
    file = shared_data / swiss_lots.FILE
    assert hashlib.sha256(file.read_bytes()).hexdigest() == swiss_lots.FILE_SHA256, "the data set is another one"
    return list(swiss_lots.read(file))


def test_each_lot_answers_as_before(lots: list[swiss_lots.Lot]) -> None:
    before = swiss_lots.golden()
    assert len(before) == len(lots) == 649
    differing = [
        (number, old, new)
        for number, (lot, old) in enumerate(zip(lots, before, strict=True), start=1)
        if (new := swiss_lots.answers(lot)) != old
    ]
    assert not differing, differing[:5]


def test_the_answers_differ_from_lot_to_lot() -> None:
    """The negative control: a golden file of one answer would hold for any code."""
    before = swiss_lots.golden()
    assert len({answers.lines for answers in before}) > 50
    assert len({(answers.open_at, answers.open_during) for answers in before}) > 10
