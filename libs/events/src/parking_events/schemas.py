"""JSON Schemas of the events: `python -m parking_events.schemas write|check|release <version>`.

`schemas/<type>.json` mirrors the classes. `schemas/released/<version>/` holds what a release promised: for as long as
the major lives, today's readers read what it wrote, and its readers read what is written today.

`examples/<type>.json` holds an event of each type as it is published; the schemas and the AsyncAPI document show it.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import parking_events
from parking_events.base import EVENT_CLASSES, WireEvent
from parking_events.compatibility import forward_incompatibilities, incompatibilities
from parking_events.documentation import gaps

SCHEMAS: Final = Path(parking_events.__file__).parents[2] / "schemas"
EXAMPLES: Final = SCHEMAS.parent / "examples"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


REFUSED_BY_READERS_OF: Final[Mapping[str, frozenset[tuple[str, str]]]] = MappingProxyType(
    {"0.1": frozenset({("LotStatus", "draft")})}
)
"""Values added since a release whose readers refuse what they do not know: (enumeration, value).

In 0.1 enumerations were closed. A value that is added is named here and in the CHANGELOG: consumers of 0.1 are upgraded
before a producer publishes it. Later releases read any value, and need no entry.
"""


def example_of(event_class: type[WireEvent]) -> Any | None:
    """The example of an event, as JSON; None if there is none."""
    path = EXAMPLES / f"{event_class.event_type}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write_examples(directory: Path = EXAMPLES) -> None:
    """Write every example as its class publishes it, new optional fields included. Raises where one cannot be read."""
    for path in directory.glob("*.json"):
        path.write_text(_as_published(path), encoding="utf-8")


def faulty_examples(directory: Path = EXAMPLES) -> list[str]:
    """The examples that are not what their class would publish."""
    problems: list[str] = []
    for path in sorted(directory.glob("*.json")):
        try:
            if path.read_text(encoding="utf-8") != _as_published(path):
                problems.append(f"{path.name}: not as it is published; run `python -m parking_events.schemas write`")
        except (KeyError, ValueError) as error:
            problems.append(f"{path.name}: {error}")
    return problems


def _as_published(path: Path) -> str:
    event = EVENT_CLASSES[path.stem].from_json(path.read_bytes())
    return rendered(json.loads(event.to_json()))


def schema_of(event_class: type[WireEvent]) -> dict[str, Any]:
    """The schema that readers of this event apply, with the identity that consumers rely on, and its example."""
    example = example_of(event_class)
    return {
        "$schema": DIALECT,
        "$id": event_class.schema_id(),
        "x-topic": event_class.topic.name,
        "x-partition-key": event_class.partition_key_field,
        "x-subject": event_class.subject_field,
        **event_class.model_json_schema(mode="validation"),
        **({} if example is None else {"examples": [example]}),
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
    """Every way in which a released version and today's classes cannot read each other's events (FULL_TRANSITIVE)."""
    problems: list[str] = []
    for path in sorted(directory.glob("released/*/*.json")):
        release, event_type = path.parent.name, path.stem
        if event_type not in EVENT_CLASSES:
            problems.append(f"{event_type}: released in {release}, and gone")
            continue
        old = json.loads(path.read_text(encoding="utf-8"))
        new = schema_of(EVENT_CLASSES[event_type])
        accepted = REFUSED_BY_READERS_OF.get(release, ())
        found = incompatibilities(old, new) + forward_incompatibilities(old, new, accepted=accepted)
        problems += [f"{event_type} against {release}: {problem}" for problem in dict.fromkeys(found)]
    return problems


def undocumented() -> list[str]:
    """Every property without a description, every event without an example, every enumeration that is closed."""
    return [f"{name}: {gap}" for name, cls in sorted(EVENT_CLASSES.items()) for gap in gaps(schema_of(cls))]


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
            write_examples()
            write()
        case ["check"]:
            problems = faulty_examples() + differences() + broken_promises() + undocumented()
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
