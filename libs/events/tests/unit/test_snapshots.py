"""The files beside the code say what the code says, and what was released stays readable."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from parking_events import EVENT_CLASSES, TOPICS, asyncapi, schemas
from parking_events.enumerations import KNOWN_VALUES

pytestmark = pytest.mark.unit


def test_the_snapshots_match_the_classes() -> None:
    assert schemas.differences() == []
    assert schemas.main(["check"]) == 0


def test_a_stale_snapshot_is_reported(tmp_path: Path) -> None:
    schemas.write(tmp_path)
    assert schemas.differences(tmp_path) == []
    (tmp_path / "parking.lot.created.v1.json").unlink()
    (tmp_path / "parking.lot.lost.v1.json").write_text("{}")
    assert [line.split(":")[0] for line in schemas.differences(tmp_path)] == [
        "parking.lot.created.v1.json",
        "parking.lot.lost.v1.json",
    ]


def test_today_and_every_release_read_each_other() -> None:
    assert list(schemas.SCHEMAS.glob("released/0.1/*.json"))
    assert schemas.broken_promises() == []


def test_a_broken_promise_is_reported(tmp_path: Path) -> None:
    schemas.write(tmp_path)
    schemas.release("9.9", tmp_path)
    released = tmp_path / "released" / "9.9"
    promise = json.loads((released / "parking.spot.created.v1.json").read_text())
    promise["required"].remove("spot_number")
    promise["$defs"]["SpotStatus"][KNOWN_VALUES].append("haunted")
    (released / "parking.spot.created.v1.json").write_text(json.dumps(promise))
    (released / "parking.spot.lost.v1.json").write_text("{}")
    assert schemas.broken_promises(tmp_path) == [
        "parking.spot.created.v1 against 9.9: /spot_number: became required",
        "parking.spot.created.v1 against 9.9: /status: the value 'haunted' is gone",
        "parking.spot.lost.v1: released in 9.9, and gone",
    ]
    with pytest.raises(FileExistsError):
        schemas.release("9.9", tmp_path)


def test_a_promise_to_old_readers_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A field that readers of 9.9 require is gone, and a value is new to an enumeration that 9.9 had closed."""
    schemas.write(tmp_path)
    schemas.release("9.9", tmp_path)
    path = tmp_path / "released" / "9.9" / "parking.spot.created.v1.json"
    promise = json.loads(path.read_text())
    promise["properties"]["colour"] = {"type": "string"}
    promise["required"].append("colour")
    status = promise["$defs"]["SpotStatus"]
    status["enum"] = [value for value in status.pop(KNOWN_VALUES) if value != "removed"]
    path.write_text(json.dumps(promise))
    lost = "/colour: is no longer certain to be there, and old readers require it"
    unread = "/status: the value 'removed' is new, and old readers refuse what they do not know"
    event = "parking.spot.created.v1 against 9.9"
    assert schemas.broken_promises(tmp_path) == [f"{event}: {lost}", f"{event}: {unread}"]
    monkeypatch.setattr(schemas, "REFUSED_BY_READERS_OF", {"9.9": {("SpotStatus", "removed")}})
    assert schemas.broken_promises(tmp_path) == [f"{event}: {lost}"]


def test_every_snapshot_is_a_json_schema() -> None:
    for path in schemas.SCHEMAS.glob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_unknown_commands_are_refused() -> None:
    assert schemas.main(["wirte"]) == 2
    assert asyncapi.main(["wirte"]) == 2


def test_the_asyncapi_document_matches_the_classes() -> None:
    assert asyncapi.main(["check"]) == 0


def test_the_asyncapi_document_is_whole() -> None:
    document = asyncapi.document()
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == set(TOPICS)
    assert set(document["components"]["messages"]) == set(EVENT_CLASSES)
    for reference in references(document):
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        assert target
    published = [message["$ref"] for operation in document["operations"].values() for message in operation["messages"]]
    assert sorted(reference.rsplit("/", 1)[1] for reference in published) == sorted(EVENT_CLASSES)


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for child in node.values() for found in references(child)]
    if isinstance(node, list):
        return [found for child in node for found in references(child)]
    return []
