"""What was logged: a line's words are always the same, and what it is about stands beside them."""

from typing import Any

import pytest


def logged(caplog: pytest.LogCaptureFixture, message: str, *names: str) -> list[tuple[Any, ...]]:
    """What the lines with this message are about, by the names of their context."""
    lines = [record for record in caplog.records if record.msg == message]
    assert all(not record.args for record in lines)
    return [tuple(getattr(record, name) for name in names) for record in lines]
