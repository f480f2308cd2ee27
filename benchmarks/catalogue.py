"""All rows, in the order in which they are run."""

from collections.abc import Mapping

from benchmarks.rows import backlog, free_spots, hot_lot, idle, reserve, search, to_elasticsearch, to_websocket
from benchmarks.trial import Row

ROWS: Mapping[str, Row] = {
    row.name: row
    for row in (
        Row("reserve", reserve.WHAT, reserve.run),
        Row("hot-lot", hot_lot.WHAT, hot_lot.run),
        Row("search", search.WHAT, search.run),
        Row("free-spots", free_spots.WHAT, free_spots.run),
        Row("backlog", backlog.WHAT, backlog.run, with_services=False),
        Row("to-elasticsearch", to_elasticsearch.WHAT, to_elasticsearch.run),
        Row("to-websocket", to_websocket.WHAT, to_websocket.run),
        Row("idle", idle.WHAT, idle.run),
    )
}
