"""Payment's HTTP application."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from parking_chassis.app import create_app
from parking_chassis.database import ping
from parking_messaging.wiring import outbox_figures
from payment_service.bootstrap import Payments, resources
from payment_service.entrypoints.http import internal, payments, webhooks
from payment_service.entrypoints.http.figures import Alarms, counted, exposed
from payment_service.entrypoints.http.problems import PROBLEMS


def payment_app(service: Payments) -> FastAPI:
    """The application over a wired service."""

    # They must be there when no worker lives, as the outbox's.
    alarms = Alarms(service, lambda: True, counted)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with resources(service), exposed(alarms.figures):
            yield

    app = create_app(
        "payment",
        "What was charged, captured and given back.",
        routers=[payments.router, webhooks.router, internal.router],
        problems=PROBLEMS,
        readiness={"database": lambda: ping(service.engine)},
        figures=[outbox_figures(service.engine), alarms],
        token_verifier=service.token_verifier,
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.internal_token = service.settings.internal_token
    return app
