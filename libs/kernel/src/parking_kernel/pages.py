"""Pages of a history, the newest first."""

from datetime import datetime
from uuid import UUID

type Position = tuple[datetime, UUID]
"""Where a page ended: the instant by which the list is sorted, and the id of its last item."""
