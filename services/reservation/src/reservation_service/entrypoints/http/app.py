"""Reservation's HTTP application."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from parking_chassis.app import create_app
from parking_chassis.database import ping
from parking_messaging.wiring import outbox_figures
from reservation_service.bootstrap import Reservation, resources
from reservation_service.entrypoints.http import booking, gate_lists, gates, internal, reservations
from reservation_service.entrypoints.http.problems import PROBLEMS


def reservation_app(service: Reservation) -> FastAPI:
    """The application over a wired service."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with resources(service):
            yield

    app = create_app(
        "reservation",
        "Which spot is whose, and when.",
        routers=[booking.router, reservations.router, gates.router, gate_lists.router, internal.router],
        problems=PROBLEMS,
        readiness={"database": lambda: ping(service.engine)},
        figures=[outbox_figures(service.engine)],
        token_verifier=service.token_verifier,
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.internal_token = service.settings.notification_token
    return app
