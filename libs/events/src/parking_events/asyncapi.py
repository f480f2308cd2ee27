"""The AsyncAPI 3 document of all events: `python -m parking_events.asyncapi write|check`."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from parking_events.base import EVENT_CLASSES, WireEvent
from parking_events.schemas import SCHEMAS, example_of, rendered
from parking_events.topics import TOPICS, Topic

DOCUMENT: Final[Path] = SCHEMAS.parent / "asyncapi.json"

_HEADERS: Final[dict[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0, Kafka binding, binary mode; W3C trace context.",
    "required": ["ce_specversion", "ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "content-type"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0", "description": "The version of CloudEvents."},
        "ce_id": {"type": "string", "format": "uuid", "description": "UUIDv7; the same event never has two."},
        "ce_type": {"type": "string", "description": "The event type: the name of the message."},
        "ce_source": {"type": "string", "description": "`/services/<name>`: the service that published it."},
        "ce_subject": {"type": "string", "description": "The aggregate's id: order is promised within it."},
        "ce_time": {"type": "string", "format": "date-time", "description": "When it was committed."},
        "ce_dataschema": {"type": "string", "format": "uri", "description": "The `$id` of the value's JSON Schema."},
        "ce_partitionkey": {"type": "string", "description": "The record key."},
        "content-type": {"type": "string", "const": "application/json", "description": "Of the value."},
        "traceparent": {"type": "string", "description": "W3C trace context, where the request was traced."},
        "tracestate": {"type": "string", "description": "W3C trace context, as `traceparent`."},
    },
}
_EXAMPLE_ID: Final = "0197f1a0-00ff-7000-8000-000000000001"
_EXAMPLE_TIME: Final = "2026-05-04T08:00:00.123456Z"

_DESCRIPTION: Final = """\
Facts of the parking platform. Each value is the aggregate's full public state.

What a consumer can rely on within a major: it reads everything that was ever published, and what is published now can
be read by the consumers of every released version. Consumers ignore properties that they do not know. Enumerations are
open: `x-extensible-enum` lists the values that are published today, and a consumer takes any other as unknown.
Only optional properties, event types and values of enumerations are added; what would break this is a new topic."""


def document() -> dict[str, Any]:
    """The whole document, made from the classes and the catalogue."""
    classes = [EVENT_CLASSES[name] for name in sorted(EVENT_CLASSES)]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Parking events",
            "version": "1.0.0",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(topic, _of(topic, classes)) for name, topic in sorted(TOPICS.items())},
        "operations": {
            f"publish.{name}": _operation(topic, _of(topic, classes))
            for name, topic in sorted(TOPICS.items())
            if topic.owner and _of(topic, classes)
        },
        "components": {
            "messages": {event_class.event_type: _message(event_class) for event_class in classes},
            "schemas": {"CloudEventHeaders": _HEADERS, **_payloads(classes)},
        },
    }


def _of(topic: Topic, classes: Iterable[type[WireEvent]]) -> list[type[WireEvent]]:
    return [event_class for event_class in classes if event_class.topic == topic]


def _payloads(classes: list[type[WireEvent]]) -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(event_class, "validation") for event_class in classes],
        ref_template="#/components/schemas/{model}",
    )
    return definitions["$defs"]


def _channel(topic: Topic, classes: list[type[WireEvent]]) -> dict[str, Any]:
    kept = "permanently" if topic.retention is None else f"{topic.retention.days} days"
    return {
        "address": topic.name,
        "description": f"Keyed by {topic.key}; cleanup {topic.cleanup.value}; kept {kept}.",
        "messages": {
            event_class.event_type: {"$ref": f"#/components/messages/{event_class.event_type}"}
            for event_class in classes
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": [topic.cleanup.value],
                    "retention.ms": int(topic.configuration["retention.ms"]),
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operation(topic: Topic, classes: list[type[WireEvent]]) -> dict[str, Any]:
    return {
        "action": "send",
        "summary": f"Written by {topic.owner} alone.",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{event_class.event_type}"} for event_class in classes],
    }


def _message(event_class: type[WireEvent]) -> dict[str, Any]:
    return {
        "name": event_class.event_type,
        "title": event_class.__name__,
        "summary": (event_class.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
        "payload": {"$ref": f"#/components/schemas/{event_class.__name__}"},
        "examples": [_example(event_class, payload)] if (payload := example_of(event_class)) else [],
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"`{event_class.partition_key_field}`"},
                "bindingVersion": "0.5.0",
            }
        },
    }


def _example(event_class: type[WireEvent], payload: Mapping[str, Any]) -> dict[str, Any]:
    key = str(payload[event_class.partition_key_field])
    return {
        "name": event_class.event_type,
        "headers": {
            "ce_specversion": "1.0",
            "ce_id": _EXAMPLE_ID,
            "ce_type": event_class.event_type,
            "ce_source": f"/services/{event_class.topic.owner}",
            "ce_subject": str(payload[event_class.subject_field]),
            "ce_time": _EXAMPLE_TIME,
            "ce_dataschema": event_class.schema_id(),
            "ce_partitionkey": key,
            "content-type": "application/json",
        },
        "payload": payload,
    }


def main(arguments: list[str]) -> int:
    """Write the snapshot, or say with a non-zero result that it is out of date."""
    match arguments:
        case [] | ["write"]:
            DOCUMENT.write_text(rendered(document()), encoding="utf-8")
        case ["check"]:
            if DOCUMENT.read_text(encoding="utf-8") != rendered(document()):
                sys.stderr.write("asyncapi.json is out of date; run `python -m parking_events.asyncapi write`\n")
                return 1
        case _:
            sys.stderr.write("usage: python -m parking_events.asyncapi [write|check]\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
