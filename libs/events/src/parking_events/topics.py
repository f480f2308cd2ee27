"""The catalogue of topics: what each carries, how it is keyed, how long it is kept, and whose it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Cleanup(StrEnum):
    """What Kafka does with old records: keep the newest of each key, or delete by age."""

    COMPACT = "compact"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as `ensure_topics` makes it.

    `key` says in one word what the record key identifies. `retention` is how long records are kept; None means
    permanently. `owner` is the only service that may write here; None marks an input that outsiders write.
    """

    name: str
    key: str
    cleanup: Cleanup
    retention: timedelta | None
    partitions: int
    owner: str | None

    @property
    def configuration(self) -> dict[str, str]:
        """The topic's settings in Kafka's own words."""
        retention_ms = -1 if self.retention is None else int(self.retention.total_seconds() * 1000)
        return {"cleanup.policy": self.cleanup.value, "retention.ms": str(retention_ms)}


_QUIET: Final = 3
_BUSY: Final = 6


def _table(name: str, key: str, *, partitions: int = _QUIET) -> Topic:
    return Topic(name, key, Cleanup.COMPACT, None, partitions, name.split(".", 1)[0])


def _log(name: str, key: str, *, days: int | None = None, partitions: int = _QUIET) -> Topic:
    retention = None if days is None else timedelta(days=days)
    return Topic(name, key, Cleanup.DELETE, retention, partitions, name.split(".", 1)[0])


USER: Final = _table("auth.user.v1", "user")
ORGANIZATION: Final = _table("auth.organization.v1", "organization")
LOGIN: Final = _log("auth.session.v1", "user", days=7)
LOT: Final = _table("parking.lot.v1", "lot")
TARIFF: Final = _table("parking.tariff.v1", "tariff version")
SPOT: Final = _table("parking.spot.v1", "spot", partitions=_BUSY)
OCCUPANCY: Final = _log("parking.occupancy.v1", "lot", days=30, partitions=_BUSY)
SENSOR_READING: Final = Topic("parking.sensor-reading.v1", "lot", Cleanup.DELETE, timedelta(days=7), _BUSY, owner=None)
RESERVATION: Final = _log("reservation.reservation.v1", "reservation", partitions=_BUSY)
WAITLIST: Final = _log("reservation.waitlist.v1", "entry", days=30)
SUPPLY_CHANGE: Final = _log("reservation.supply-change.v1", "lot", days=30)
PAYMENT: Final = _log("payment.payment.v1", "reservation", partitions=_BUSY)
LEDGER_ENTRY: Final = _log("payment.ledger-entry.v1", "organization", partitions=_BUSY)
INVOICE: Final = _log("payment.invoice.v1", "invoice")
DELIVERY: Final = _log("notification.delivery.v1", "user", days=30)
ANNOUNCEMENT: Final = _table("notification.announcement.v1", "announcement")

TOPICS: Final[Mapping[str, Topic]] = MappingProxyType(
    {
        topic.name: topic
        for topic in (
            USER, ORGANIZATION, LOGIN,
            LOT, TARIFF, SPOT, OCCUPANCY, SENSOR_READING,
            RESERVATION, WAITLIST, SUPPLY_CHANGE,
            PAYMENT, LEDGER_ENTRY, INVOICE,
            DELIVERY, ANNOUNCEMENT,
        )
    }
)  # fmt: skip

DEAD_LETTER_SUFFIX: Final = ".dlq"


def dead_letter_topic(group: str) -> Topic:
    """Where the consumer group `<service>.<purpose>` publishes what it could not apply; kept 90 days."""
    return Topic(
        name=group + DEAD_LETTER_SUFFIX,
        key="as in the origin",
        cleanup=Cleanup.DELETE,
        retention=timedelta(days=90),
        partitions=1,
        owner=group.split(".", 1)[0],
    )
