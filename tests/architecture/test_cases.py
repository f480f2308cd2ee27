"""Every small input from the field is played by a test, as it lies there."""

from pathlib import Path

import pytest


def test_each_file_of_the_cases_is_named_by_a_test(shared_cases: Path, pytestconfig: pytest.Config) -> None:
    names = {path.name for path in shared_cases.iterdir() if path.suffix in {".json", ".geojson"}}
    root = pytestconfig.rootpath
    tests = [*root.glob("services/*/tests/**/test_*.py"), *root.glob("libs/*/tests/**/test_*.py")]
    texts = [path.read_text() for path in (*tests, *root.glob("tests/system/test_*.py"))]
    unplayed = {name for name in names if not any(name in text for text in texts)}
    assert names
    assert unplayed == set()
