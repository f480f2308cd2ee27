"""Keeping a copy of another service's state."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import Insert, insert


def upsert_if_newer(
    table: Table, values: Mapping[str, Any], *, key: Collection[str] | None = None, version: str = "version"
) -> Insert:
    """A statement that writes the copy unless it holds this version or a newer one.

    `key` names the columns of a unique constraint, the primary key unless given; `version` is the column that is
    compared. Executed with a list of such values it writes them all, in their order. No row comes back from `RETURNING`
    where the event was too old.
    """
    key_columns = set(key) if key is not None else {column.name for column in table.primary_key}
    statement = insert(table).values(dict(values))
    return statement.on_conflict_do_update(
        index_elements=sorted(key_columns),
        set_={name: statement.excluded[name] for name in values if name not in key_columns},
        where=table.c[version] < statement.excluded[version],
    )
