"""What became of reservations, counted in the process that does it. No label carries an id."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from prometheus_client import Counter

from reservation_service.domain.reservations import ReservationEvent

RESERVATIONS = Counter("reservations", "What became of them; `refused` ones never were", ["outcome"])


class Waits(StrEnum):
    """Why holds that are due may not expire yet: it is not sure that all money for them has been taken in."""

    PAYMENT_AWAY = "payment_away"
    UNPUBLISHED = "unpublished"
    KAFKA_AWAY = "kafka_away"
    LAG = "lag"


EXPIRY_WAITS = Counter("expiry_waits", "Rounds in which holds that are due had to wait", ["why"])
for each in Waits:
    EXPIRY_WAITS.labels(each.value)  # a series from the start: an alarm needs the 0 before the 1


def outcome_of(event: type[ReservationEvent]) -> str:
    """`ReservationNoShow` counts as `no_show`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", event.__name__.removeprefix("Reservation")).lower()


# All series from the start, at 0: the first of each kind is then an increase.
REFUSALS: Final = RESERVATIONS.labels("refused")
OUTCOMES: Final[Mapping[type[ReservationEvent], Counter]] = {
    event: RESERVATIONS.labels(outcome_of(event)) for event in ReservationEvent.__subclasses__()
}
"""The series of each event, to be counted once it is committed."""
