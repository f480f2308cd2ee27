"""What statements read: rows are found by an index, and no more are read than needed, however many there are."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine


@dataclass
class RowsRead:
    """How many rows of each table were read, those that a filter took away again included, and which read it whole."""

    tables: Collection[str]
    rows: Counter[str] = field(default_factory=Counter[str])
    scanned: list[str] = field(default_factory=list[str])

    def note(self, node: dict[str, Any], statement: str) -> None:
        """Add a plan's node and those below it."""
        table = str(node.get("Relation Name"))
        if table in self.tables:
            removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            self.rows[table] += round((node["Actual Rows"] + removed) * node["Actual Loops"])
            if node["Node Type"] == "Seq Scan":
                self.scanned.append(f"{table}: {statement}")
        for child in node.get("Plans", ()):
            self.note(child, statement)


@contextmanager
def rows_read(engine: AsyncEngine, *tables: str) -> Iterator[RowsRead]:
    """Run each statement on these tables once before, explained and rolled back, as long as the block lasts."""
    found = RowsRead(tables)

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> tuple[str, Any]:
        if not statement.startswith("EXPLAIN") and any(table in statement for table in tables):
            with connection.begin_nested() as rolled_back:
                explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
                answer = connection.exec_driver_sql(explained, parameters).scalar_one()
                rolled_back.rollback()
            (plan,) = json.loads(answer) if isinstance(answer, str) else answer
            found.note(plan["Plan"], statement)
        return statement, parameters

    event.listen(engine.sync_engine, "before_cursor_execute", explain, retval=True)
    try:
        yield found
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", explain)
