"""Makes `checks` importable, and prints the gauges after the tests."""

import sys
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))


class Gauge(NamedTuple):
    """One row of the table: what is measured, what it shows, what is wanted, what is never passed."""

    name: str
    shows: str
    aim: str
    never: str


GAUGES = pytest.StashKey[list[Gauge]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[GAUGES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    rows = config.stash[GAUGES]
    if not rows:
        return
    terminalreporter.section("gauges of the architecture")
    for name, shows, aim, never in [Gauge("gauge", "shows", "aim", "never"), *sorted(rows)]:
        terminalreporter.write_line(f"{name:<38} {shows:>10} {aim:>8} {never:>8}")


@pytest.fixture(scope="session")
def root() -> Path:
    return HERE.parents[1]


@pytest.fixture(scope="session")
def fixtures() -> Path:
    return HERE / "fixtures"


@pytest.fixture
def gauges(pytestconfig: pytest.Config) -> list[Gauge]:
    return pytestconfig.stash[GAUGES]
