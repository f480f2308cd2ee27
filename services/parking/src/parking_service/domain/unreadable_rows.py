"""Rows of a file that cannot be kept as they are written: what is kept in their place says why."""

from collections.abc import Mapping

_REASON = "parking:unreadable"


def unreadable(source_id: object, reason: str) -> Mapping[str, object]:
    """What is kept of a row instead of itself, so that it is refused with its id and for its reason."""
    return {"id": source_id, _REASON: reason}


def why_unreadable(feature: Mapping[str, object]) -> str | None:
    """The reason, where this stands for a row that could not be kept."""
    reason = feature.get(_REASON)
    return reason if isinstance(reason, str) else None
