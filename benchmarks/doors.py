"""Where requests go in, and how many came in there."""

import ssl

from benchmarks.load import Client, Request
from prometheus_client.parser import text_string_to_metric_families
from tests.chaos.load import Door

from parking_platform.testing.platform import RunningPlatform

ANSWERED = "request_duration_seconds_count"


def door_of(platform: RunningPlatform, to: str) -> Door:
    """`gateway`, or a service past it."""
    if to == "gateway":
        return Door(platform.gateway, ssl.create_default_context(cafile=platform.ca))
    return Door(platform.address(to))


async def requests_answered(client: Client, route: str) -> int:
    """How many requests a service has answered on a route since it started, as its metrics say."""
    _, text = await client.send(Request("GET", "/metrics", (200,)))
    return int(
        sum(
            sample.value
            for family in text_string_to_metric_families(text.decode())
            for sample in family.samples
            if sample.name == ANSWERED and sample.labels["route"] == route
        )
    )
