"""Parking's HTTP application."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from parking_chassis.app import create_app
from parking_chassis.database import ping
from parking_kernel.violations import InvalidFields
from parking_messaging.wiring import outbox_figures
from parking_service.bootstrap import Parking, resources
from parking_service.domain.errors import BookingsAffected, SupplyChangeRunning
from parking_service.entrypoints.http import imports, lots, occupancy, search, spots, supply, tariffs
from parking_service.entrypoints.http.problems import PROBLEMS, invalid_fields


def parking_app(parking: Parking) -> FastAPI:
    """The application over a wired service."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with resources(parking):
            yield

    app = create_app(
        "parking",
        "Which lots and spots there are, what they cost, and what their sensors saw.",
        routers=[
            search.router,
            imports.router,
            lots.router,
            spots.router,
            tariffs.router,
            occupancy.router,
            supply.router,
        ],
        problems=PROBLEMS
        | {BookingsAffected: supply.bookings_affected, SupplyChangeRunning: supply.supply_change_running},
        readiness={"database": lambda: ping(parking.engine)},
        figures=[outbox_figures(parking.engine)],
        token_verifier=parking.token_verifier,
        lifespan=lifespan,
    )
    app.add_exception_handler(InvalidFields, invalid_fields)
    app.state.use_cases = parking.use_cases
    app.state.queries = parking.queries
    app.state.clock = parking.clock
    return app
