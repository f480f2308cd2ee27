"""Reservation's `serve` with its outbox taken out: it publishes after the commit, as many systems do.

Only for the row that shows what the outbox is good for. Everything but this one part is the real service.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import reservation_service
from parking_chassis.cli import ServiceCommands, run_command_line
from parking_kernel.repeatable import Answer, RequestKey
from parking_messaging.adapters.kafka_connection import KafkaConnection
from parking_messaging.adapters.kafka_publisher import KafkaPublisher
from parking_messaging.cloud_events import outgoing
from parking_messaging.outbox_rows import outbox_row
from parking_messaging.records import Unsent
from reservation_service.adapters.kafka.to_wire import to_wire
from reservation_service.application.ports import BookingAttempt, Bookings, Candidates, FreeSpots, Hold, SpotRequest
from reservation_service.bootstrap import SERVICE, Reservation, bootstrap
from reservation_service.domain import reservations
from reservation_service.domain.lots import Spot
from reservation_service.entrypoints.http.app import reservation_app
from reservation_service.settings import ReservationSettings


@dataclass(frozen=True)
class PublishAfterCommit:
    """Books without outbox rows, and then publishes by itself. Between the two there is a gap."""

    bookings: Bookings
    publisher: KafkaPublisher

    @asynccontextmanager
    async def attempt(self, request: SpotRequest) -> AsyncGenerator[BookingAttempt]:
        async with self.bookings.attempt(request) as attempt:
            yield _Attempt(attempt, self.publisher)

    async def free_spots(self, request: SpotRequest, limit: int, after: str | None) -> FreeSpots:
        return await self.bookings.free_spots(request, limit, after)

    async def refuse(self, key: RequestKey, answer: Answer) -> Answer:
        return await self.bookings.refuse(key, answer)


@dataclass(frozen=True)
class _Attempt:
    attempt: BookingAttempt
    publisher: KafkaPublisher

    async def find(self, limit: int) -> Candidates:
        return await self.attempt.find(limit)

    async def earlier(self, key: RequestKey) -> Answer | None:
        return await self.attempt.earlier(key)

    async def book(self, candidates: Candidates, hold: Hold, key: RequestKey) -> Answer | None:
        held: list[reservations.Reservation] = []

        def without_events(spot: Spot) -> tuple[reservations.Reservation, Answer]:
            reservation, answer = hold(spot)
            held.append(reservation)
            return reservations.Reservation(reservation.state), answer

        given = await self.attempt.book(candidates, without_events, key)
        if given and not given.replayed:
            rows = [outbox_row(to_wire(event)) for event in held[-1].events]
            unsent = [Unsent(place, row, datetime.now(UTC)) for place, row in enumerate(rows)]
            await self.publisher.publish([outgoing(each, b"/services/reservation") for each in unsent])
        return given


def without_outbox(settings: ReservationSettings) -> Reservation:
    service = bootstrap(settings)
    publisher = KafkaPublisher(KafkaConnection(**settings.kafka, client_id="unprotected"))
    reserve_spot = service.use_cases.reserve_spot
    unprotected = replace(reserve_spot, bookings=PublishAfterCommit(reserve_spot.bookings, publisher))
    return replace(service, use_cases=replace(service.use_cases, reserve_spot=unprotected))


if __name__ == "__main__":
    commands = ServiceCommands(SERVICE, reservation_service, ReservationSettings, without_outbox)
    run_command_line("unprotected", __doc__ or "", [commands.serve("answer HTTP", reservation_app)])
