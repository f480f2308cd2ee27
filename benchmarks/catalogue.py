"""All rows, in the order in which they are run."""

from collections.abc import Mapping

from benchmarks.rows import free_spots, hot_lot, idle, reserve, search
from benchmarks.trial import Row

ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        Row("reserve", reserve.WHAT, reserve.run),
        Row("hot-lot", hot_lot.WHAT, hot_lot.run),
        Row("search", search.WHAT, search.run),
        Row("free-spots", free_spots.WHAT, free_spots.run),
        Row("idle", idle.WHAT, idle.run),
    )
}
