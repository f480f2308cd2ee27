"""Values as people read them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo


def money(value: Mapping[str, Any]) -> str:
    """`4.00 EUR`. The demonstration's currencies all have two decimals."""
    return f"{Decimal(value['amount']).scaleb(-2):.2f} {value['currency']}"


def clock(instant: datetime | str, time_zone: str) -> str:
    """`14:30`, by the clock at that place."""
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return f"{at.astimezone(ZoneInfo(time_zone)):%H:%M}"


def short(identifier: str) -> str:
    """The end of an id, which is enough to know it again."""
    return f"…{identifier[-8:]}"
