"""Auth's HTTP application."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from auth_service.bootstrap import Auth, resources
from auth_service.entrypoints.http import internal, logins, organizations, registration, tokens, users
from auth_service.entrypoints.http.problems import PROBLEMS
from parking_chassis.app import create_app
from parking_chassis.database import ping
from parking_messaging.wiring import outbox_figures


def auth_app(auth: Auth) -> FastAPI:
    """The application over a wired service."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with resources(auth):
            yield

    app = create_app(
        "auth",
        "Who someone is, and what they may do.",
        routers=[
            registration.router,
            tokens.router,
            logins.router,
            users.router,
            organizations.router,
            internal.router,
        ],
        problems=PROBLEMS,
        readiness={"database": lambda: ping(auth.engine), "signing_key": auth.check_signing},
        figures=[outbox_figures(auth.engine)],
        token_verifier=auth.token_verifier,
        lifespan=lifespan,
    )
    app.state.service = auth
    app.state.internal_token = auth.settings.internal_token
    return app
