"""What became of reservations, counted in the process that does it. No label carries an id."""

import re
from collections.abc import Iterable
from enum import StrEnum

from prometheus_client import Counter

from reservation_service.domain.reservations import ReservationEvent

RESERVATIONS = Counter("reservations", "What became of them; `refused` ones never were", ["outcome"])
REFUSED = "refused"


class Waits(StrEnum):
    """Why holds that are due may not expire yet: it is not sure that all money for them has been taken in."""

    PAYMENT_AWAY = "payment_away"
    UNPUBLISHED = "unpublished"
    KAFKA_AWAY = "kafka_away"
    LAG = "lag"


EXPIRY_WAITS = Counter("expiry_waits", "Looks after which holds that are due had to wait", ["why"])
for each in Waits:
    EXPIRY_WAITS.labels(each.value)  # a series from the start: an alarm needs the 0 before the 1


def count(events: Iterable[ReservationEvent]) -> None:
    """Count what happened, once it is committed."""
    for event in events:
        RESERVATIONS.labels(outcome_of(type(event))).inc()


def outcome_of(event: type[ReservationEvent]) -> str:
    """`ReservationNoShow` counts as `no_show`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__.removeprefix("Reservation")).lower()


for _outcome in (REFUSED, *map(outcome_of, ReservationEvent.__subclasses__())):
    RESERVATIONS.labels(_outcome)  # from the start, at 0: the first of each kind is then an increase
