"""Elasticsearch says what the owners' databases say, field by field."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from elasticsearch import AsyncElasticsearch
from elasticsearch.helpers import async_scan
from tests.system.backstage import Databases

Documents = Mapping[str, Mapping[str, Any]]
TIMES = frozenset({"starts_at", "ends_at", "created_at", "entered_at", "exited_at", "posted_at"})

RESERVATIONS = """
    SELECT id AS reservation_id, user_id, organization_id, parking_lot_id, spot_id, spot_number, spot_type, status,
        starts_at, ends_at, created_at, entered_at, exited_at, currency, refund_due, version,
        (SELECT coalesce(sum((charge->>'amount')::bigint), 0)::bigint FROM jsonb_array_elements(charges) AS charge
            WHERE charge->>'status' <> 'void') AS amount_owed,
        (SELECT coalesce(sum((charge->>'amount')::bigint), 0)::bigint FROM jsonb_array_elements(charges) AS charge
            WHERE charge->>'status' = 'paid') AS amount_paid
    FROM reservations"""
LEDGER = """
    SELECT id AS entry_id, kind, organization_id, parking_lot_id, reservation_id, payment_id, refund_id, currency,
        gross, tax, posted_at
    FROM ledger_entries"""

OWNERS = (("reservations", "reservation", RESERVATIONS), ("ledger", "payment", LEDGER))
"""Each read model, the service that owns what it shows, and how to ask that."""


async def differences(elasticsearch: str, databases: Databases) -> list[str]:
    """What the read models lack, have too much, or say otherwise."""
    return [
        difference
        for projection, service, statement in OWNERS
        for difference in compared(
            projection, *await documents_and_rows(elasticsearch, databases, projection, service, statement)
        )
    ]


async def count(elasticsearch: str) -> Mapping[str, int]:
    """How many documents each read model has."""
    async with AsyncElasticsearch(elasticsearch) as client:
        return {name: (await client.count(index=f"parking-{name}"))["count"] for name, _, _ in OWNERS}


async def documents_and_rows(
    elasticsearch: str, databases: Databases, projection: str, service: str, statement: str
) -> tuple[Documents, Documents]:
    """A read model and its owner's table, by id: the fields that the table has."""
    rows = {str(row[0]): _comparable(dict(row)) for row in await databases.rows(service, statement)}
    fields = next(iter(rows.values())).keys() if rows else ()
    async with AsyncElasticsearch(elasticsearch) as client:
        await client.indices.refresh(index=f"parking-{projection}")
        documents = {
            hit["_id"]: _comparable({name: hit["_source"].get(name) for name in fields})
            async for hit in async_scan(client, index=f"parking-{projection}")
        }
    return documents, rows


def compared(projection: str, documents: Documents, rows: Documents) -> list[str]:
    """How they differ, in words."""
    wrong = [f"{projection}: {key} has a document and no row" for key in documents.keys() - rows.keys()]
    wrong += [f"{projection}: {key} has a row and no document" for key in rows.keys() - documents.keys()]
    for key in documents.keys() & rows.keys():
        names = [name for name, value in rows[key].items() if documents[key][name] != value]
        wrong += [f"{projection}: {key} differs in {name}" for name in names]
    return wrong


def _comparable(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ids as text, instants as instants."""
    return {
        name: datetime.fromisoformat(value) if name in TIMES and isinstance(value, str) else _plain(value)
        for name, value in fields.items()
    }


def _plain(value: object) -> object:
    return value if isinstance(value, int | str | datetime) or value is None else str(value)
