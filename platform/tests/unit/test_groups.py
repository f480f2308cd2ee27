"""Which tests stay in one process where several share the work: each server that is dear is started by one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from parking_platform.pytest_plugin import pytest_collection_modifyitems


@dataclass
class Collected:
    """What the plugin asks of a collected test."""

    path: Path
    fixturenames: Sequence[str]
    markers: dict[str, Any] = field(default_factory=dict[str, Any])

    def get_closest_marker(self, name: str) -> object:
        return self.markers.get(name)

    def add_marker(self, marker: Any) -> None:
        if isinstance(marker, str):
            self.markers[marker] = ()
        else:
            self.markers[marker.name] = marker.args


def groups(*tests: Collected, config: pytest.Config) -> list[str]:
    pytest_collection_modifyitems(config, cast("list[pytest.Item]", list(tests)))
    return [test.markers["xdist_group"][0] for test in tests]


def test_a_file_stays_together_and_so_does_what_needs_a_dear_server(
    pytestconfig: pytest.Config,
) -> None:
    search, plain, lots, relay, journey, refunds = (
        Path(f"/tests/integration/{name}.py") for name in ("a", "b", "c", "d", "e", "f")
    )
    assert groups(
        Collected(search, ["elasticsearch_server"]),
        Collected(search, []),
        Collected(lots, ["elasticsearch_server", "kafka_server"]),
        Collected(relay, ["kafka_server"]),
        Collected(plain, ["postgres_server"]),
        Collected(journey, ["platform"]),
        Collected(refunds, ["receiver_server"]),
        config=pytestconfig,
    ) == ["brokers", "brokers", "brokers", "brokers", str(plain), "platform", "simulator"]
