"""Notification's HTTP application, with its WebSockets."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.routing import WebSocketRoute

from notification_service.bootstrap import Notification, resources
from notification_service.entrypoints.http import notifications, tickets
from notification_service.entrypoints.http.drain_notice import drain_notice_on_signal
from notification_service.entrypoints.http.hub import Hub, OpenSockets
from notification_service.entrypoints.http.problems import PROBLEMS
from notification_service.entrypoints.http.websocket import WebSocketEndpoint
from parking_chassis.app import create_app
from parking_chassis.database import ping
from parking_messaging.wiring import outbox_figures


def notification_app(service: Notification) -> FastAPI:
    """The application over a wired service."""
    hub, open_sockets = Hub(service.room_log, service.settings.room_poll_seconds), OpenSockets()
    service.ended_logins.on_end(open_sockets.close_of)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with resources(service), _fed(hub, service):
            with drain_notice_on_signal(open_sockets, service.settings.drain_seconds):
                yield

    app = create_app(
        "notification",
        "Who is notified of what, and how.",
        routers=[notifications.router, tickets.router],
        problems=PROBLEMS,
        readiness={"database": lambda: ping(service.engine)},
        figures=[outbox_figures(service.engine)],
        token_verifier=service.token_verifier,
        lifespan=lifespan,
    )
    app.router.routes.append(WebSocketRoute("/api/v1/ws", WebSocketEndpoint(service, hub, open_sockets)))
    app.state.service = service
    return app


@asynccontextmanager
async def _fed(hub: Hub, service: Notification) -> AsyncGenerator[None]:
    """The hub receives announcements and looks into the database, as long as this is open."""
    stop = asyncio.Event()
    loops = (hub.run(stop), service.announcements.run(stop, hub.receive, hub.look))
    tasks = [asyncio.create_task(each) for each in loops]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)
