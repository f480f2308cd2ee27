"""The simulator's memory: one SQLite file. Every answer is committed before it is sent, so kill -9 loses nothing."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created INTEGER NOT NULL,
    body TEXT NOT NULL, hidden TEXT NOT NULL DEFAULT '{}');
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_customer ON objects (kind, json_extract(body, '$.customer'));
CREATE INDEX IF NOT EXISTS objects_payment_intent ON objects (kind, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS objects_charge ON objects (kind, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS objects_source ON objects (kind, json_extract(body, '$.source'));
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, type TEXT NOT NULL, state TEXT NOT NULL,
    due_at REAL NOT NULL, turn REAL NOT NULL DEFAULT 0, attempts INTEGER NOT NULL DEFAULT 0, answer TEXT,
    delivered_at REAL);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due_at, turn, seq);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, endpoint TEXT NOT NULL, created INTEGER NOT NULL,
    request TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS agenda (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, due_at REAL NOT NULL, action TEXT NOT NULL, object TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS agenda_due ON agenda (due_at);
CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY AUTOINCREMENT, entry TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
TABLES = ("objects", "deliveries", "answers", "agenda", "journal", "notes")


class Store:
    """One connection, used by one event loop: statements run one after another, transactions never overlap."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA busy_timeout = 5000")
        self._connection.executescript(SCHEMA)

    def rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        """All rows that a query answers."""
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: object) -> sqlite3.Row | None:
        """The first row that a query answers."""
        return self._connection.execute(statement, values).fetchone()

    def run(self, statement: str, *values: object) -> int:
        """Execute a change; answers the number of rows it changed."""
        return self._connection.execute(statement, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens inside is kept, or nothing of it. Must not contain an `await`."""
        self._connection.execute("BEGIN IMMEDIATE")
        end = "ROLLBACK"
        try:
            yield
            end = "COMMIT"
        finally:
            self._connection.execute(end)

    @contextmanager
    def attempt(self) -> Iterator[Callable[[], None]]:
        """Part of a transaction; yields what undoes that part alone."""
        self._connection.execute("SAVEPOINT attempt")
        try:
            yield self._undo_attempt
        finally:
            self._connection.execute("RELEASE attempt")

    def _undo_attempt(self) -> None:
        self._connection.execute("ROLLBACK TO attempt")

    def note(self, name: str, default: Any) -> Any:
        """A small value kept by name, such as the knobs."""
        row = self.row("SELECT value FROM notes WHERE name = ?", name)
        return json.loads(row["value"]) if row else default

    def keep(self, name: str, value: Any) -> None:
        """Keep a small value by name."""
        self.run(
            "INSERT INTO notes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            json.dumps(value),
        )

    def delete_everything(self) -> None:
        """Empty all tables."""
        with self.transaction():
            for table in TABLES:
                self.run(f"DELETE FROM {table}")  # noqa: S608 -- the names are this module's constants

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
