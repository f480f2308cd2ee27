"""How long what was seen says something about the present, wherever that is asked: for the list, and for a chart."""

from datetime import timedelta

COUNT_HOLDS_FOR = timedelta(hours=1)
"""Of a counter, which reports again and again: one that is silent is missed soon."""
SIGHTING_HOLDS_FOR = timedelta(hours=24)
"""Of a spot's sensor, which may report only when something changes: a parked car stands for long."""
