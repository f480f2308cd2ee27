"""Analytics' HTTP application."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from analytics_service.bootstrap import Analytics, resources
from analytics_service.entrypoints.http import figures
from analytics_service.entrypoints.http.problems import PROBLEMS
from parking_chassis.app import create_app
from parking_chassis.database import ping
from parking_messaging.wiring import outbox_figures


def analytics_app(analytics: Analytics) -> FastAPI:
    """The application over a wired service."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with resources(analytics):
            yield

    app = create_app(
        "analytics",
        "What the lots did, and what they earned.",
        routers=[figures.router],
        problems=PROBLEMS,
        readiness={"database": lambda: ping(analytics.engine), "elasticsearch": analytics.ping_elasticsearch},
        figures=[outbox_figures(analytics.engine)],
        token_verifier=analytics.token_verifier,
        lifespan=lifespan,
    )
    app.state.use_cases = analytics.use_cases
    return app
