"""All rows, in the order in which they are run."""

from collections.abc import Mapping

from benchmarks.rows import idle, reserve
from benchmarks.trial import Row

ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        Row("reserve", reserve.WHAT, reserve.run),
        Row("idle", idle.WHAT, idle.run),
    )
}
