"""What analytics does by itself: take events in."""

from analytics_service.bootstrap import Analytics, consumers, outbox_relay, resources
from parking_chassis.database import ping
from parking_chassis.process import Address, work


def run_worker(analytics: Analytics) -> None:
    """Run all loops until a signal."""
    settings = analytics.settings
    relay, groups = outbox_relay(settings), consumers(analytics)

    async def check_kafka() -> None:
        if not relay.status().is_connected:
            raise ConnectionError("the relay is not connected to the outbox")
        if away := [group for group, consumer in groups.items() if not consumer.status().is_ready]:
            raise ConnectionError(f"not consuming: {', '.join(away)}")

    work(
        {"outbox_relay": relay.run, **{group: consumer.run for group, consumer in groups.items()}},
        {
            "database": lambda: ping(analytics.engine),
            "elasticsearch": analytics.ping_elasticsearch,
            "kafka": check_kafka,
        },
        lambda: resources(analytics),
        Address(settings.http_host, settings.worker_port, settings.shutdown_grace),
    )
