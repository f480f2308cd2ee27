"""JSON Schemas of the events: `python -m parking_events.schemas write|check|release <version>`.

`schemas/<type>.json` mirrors the classes. `schemas/released/<version>/` holds what a release promised; the classes
stay able to read all of it for as long as the major lives.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import parking_events
from parking_events.base import EVENT_CLASSES, WireEvent
from parking_events.compatibility import incompatibilities

SCHEMAS: Final = Path(parking_events.__file__).parents[2] / "schemas"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema_of(event_class: type[WireEvent]) -> dict[str, Any]:
    """The schema that readers of this event apply, with the identity that consumers rely on."""
    return {
        "$schema": DIALECT,
        "$id": event_class.schema_id(),
        "x-topic": event_class.topic.name,
        "x-partition-key": event_class.partition_key_field,
        "x-subject": event_class.subject_field,
        **event_class.model_json_schema(mode="validation"),
    }


def rendered(document: dict[str, Any]) -> str:
    """A document as its snapshot holds it."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def snapshots() -> dict[str, str]:
    """The text of every snapshot by its file name."""
    return {f"{name}.json": rendered(schema_of(cls)) for name, cls in sorted(EVENT_CLASSES.items())}


def write(directory: Path = SCHEMAS) -> None:
    """Make the snapshots say what the classes say."""
    directory.mkdir(parents=True, exist_ok=True)
    for stale in directory.glob("*.json"):
        stale.unlink()
    for name, text in snapshots().items():
        (directory / name).write_text(text, encoding="utf-8")


def differences(directory: Path = SCHEMAS) -> list[str]:
    """What the snapshots and the classes disagree about."""
    stored = {path.name: path.read_text(encoding="utf-8") for path in directory.glob("*.json")}
    wanted = snapshots()
    return [
        f"{name}: the snapshot is not what the class says; run `python -m parking_events.schemas write`"
        for name in sorted(stored.keys() | wanted.keys())
        if stored.get(name) != wanted.get(name)
    ]


def broken_promises(directory: Path = SCHEMAS) -> list[str]:
    """Every way in which today's classes cannot read what a released version wrote (BACKWARD_TRANSITIVE)."""
    problems: list[str] = []
    for path in sorted(directory.glob("released/*/*.json")):
        release, event_type = path.parent.name, path.stem
        if event_type not in EVENT_CLASSES:
            problems.append(f"{event_type}: released in {release}, and gone")
            continue
        old = json.loads(path.read_text(encoding="utf-8"))
        new = schema_of(EVENT_CLASSES[event_type])
        problems += [f"{event_type} against {release}: {problem}" for problem in incompatibilities(old, new)]
    return problems


def release(version: str, directory: Path = SCHEMAS) -> None:
    """Keep today's schemas as what `version` promised. Raises FileExistsError where it promised already."""
    target = directory / "released" / version
    target.mkdir(parents=True)
    for path in directory.glob("*.json"):
        shutil.copyfile(path, target / path.name)


def main(arguments: list[str]) -> int:
    """Run the command; non-zero if the check found something or the command is unknown."""
    match arguments:
        case ["write"]:
            write()
        case ["check"]:
            problems = differences() + broken_promises()
            sys.stderr.writelines(f"{problem}\n" for problem in problems)
            return 1 if problems else 0
        case ["release", version]:
            release(version)
        case _:
            sys.stderr.write("usage: python -m parking_events.schemas write|check|release <version>\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
