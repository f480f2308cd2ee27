"""Tariffs and opening hours take the forms of the shared kernel (decision 0029).

Rate lines get their sequence, times of day are `18:00` and `24:00` instead of `18:00:00` and `00:00:00`, and hours
stand under the names of their weekdays. Rows are converted in place: there has been no release that would run beside
this one. What the forms are is written out here, for the kernel's may change again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

type Document = Mapping[str, Any]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TARIFFS = sa.table("tariffs", sa.column("id", sa.Uuid), sa.column("document", JSONB))
LOTS = sa.table("lots", sa.column("id", sa.Uuid), sa.column("opening_hours", JSONB))


def upgrade() -> None:
    _convert(TARIFFS, TARIFFS.c.document, _plain_tariff)
    _convert(LOTS, LOTS.c.opening_hours, _plain_hours)


def downgrade() -> None:
    _convert(TARIFFS, TARIFFS.c.document, _former_tariff)
    _convert(LOTS, LOTS.c.opening_hours, _former_hours)


def _convert(table: sa.TableClause, column: sa.ColumnClause[Any], converted: Callable[[Document], Document]) -> None:
    connection = op.get_bind()
    # No row comes in the old form while the others are read.
    op.execute(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE")
    rows = connection.execute(sa.select(table.c.id, column).where(column.is_not(None))).all()
    # SQL's null as well as JSON's: both are lots that are always open.
    values = [{"row": row_id, "value": converted(document)} for row_id, document in rows if document is not None]
    if values:
        statement = sa.update(table).where(table.c.id == sa.bindparam("row")).values({column: sa.bindparam("value")})
        connection.execute(statement, values)


def _plain_tariff(document: Document) -> Document:
    bands = [
        {
            **band,
            "starts": band["starts"][:5],
            "ends": "24:00" if band["ends"] == "00:00:00" else band["ends"][:5],
            "lines": _numbered(band["lines"]),
        }
        for band in document["time_bands"]
    ]
    return {**document, "lines": _numbered(document["lines"]), "time_bands": bands}


def _former_tariff(document: Document) -> Document:
    bands = [
        {
            **band,
            "starts": f"{band['starts']}:00",
            "ends": "00:00:00" if band["ends"] == "24:00" else f"{band['ends']}:00",
            "lines": _unnumbered(band["lines"]),
        }
        for band in document["time_bands"]
    ]
    return {**document, "lines": _unnumbered(document["lines"]), "time_bands": bands}


def _numbered(lines: Sequence[Document]) -> list[Document]:
    return [{"sequence": place, **line} for place, line in enumerate(lines, start=1)]


def _unnumbered(lines: Sequence[Document]) -> list[Document]:
    in_order = sorted(lines, key=lambda line: line["sequence"])
    return [{name: value for name, value in line.items() if name != "sequence"} for line in in_order]


def _plain_hours(document: Document) -> Document:
    week = {name: document["weekdays"].get(str(number), []) for number, name in enumerate(WEEKDAYS, start=1)}
    exceptions = [{"date": day, "hours": hours} for day, hours in sorted(document["exceptions"].items())]
    return {**week, "exceptions": exceptions}


def _former_hours(document: Document) -> Document:
    return {
        "weekdays": {str(number): document[name] for number, name in enumerate(WEEKDAYS, start=1)},
        "exceptions": {each["date"]: each["hours"] for each in document["exceptions"]},
    }
