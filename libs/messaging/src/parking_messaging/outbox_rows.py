"""Events to outbox rows."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from parking_events import WireEvent
from parking_messaging.records import OutboxRow
from parking_messaging.tracing import current_trace


def outbox_row(event: WireEvent, event_id: UUID | None = None) -> OutboxRow:
    """The row of an event, with a new id (UUIDv7, `ce_id`) and the present trace. Serialises the payload, once."""
    return OutboxRow(
        id=event_id or uuid7(),
        aggregatetype=event.topic.name,
        aggregateid=event.subject,
        version=event.version,
        partition_key=event.partition_key,
        type=event.event_type,
        payload=event.to_json(),
        headers=current_trace(),
    )


def outbox_values(event: WireEvent, event_id: UUID | None = None) -> dict[str, Any]:
    """The column values of an event, for a hand-written statement that writes state and event at once.

    Insert them under the keys' names; `headers` is JSON text (`$n::jsonb`), `payload` bytes. The other columns of
    `outbox` fill themselves.
    """
    return column_values(outbox_row(event, event_id))


def column_values(row: OutboxRow) -> dict[str, Any]:
    """A row as the driver takes it."""
    return {
        "id": row.id,
        "aggregatetype": row.aggregatetype,
        "aggregateid": row.aggregateid,
        "version": row.version,
        "partition_key": row.partition_key,
        "type": row.type,
        "payload": row.payload,
        "headers": headers_text(row.headers),
    }


def headers_text(headers: Mapping[str, str]) -> str:
    """Headers as JSON text."""
    return json.dumps(dict(headers)) if headers else "{}"
