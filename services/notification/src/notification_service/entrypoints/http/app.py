"""Notification's HTTP application, with its WebSockets."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
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
from parking_kernel.batches import finish_all
from parking_messaging.wiring import outbox_figures


def notification_app(service: Notification) -> FastAPI:
    """The application over a wired service."""
    hub, open_sockets = Hub(service.room_log, service.settings.room_poll_seconds), OpenSockets()
    service.ended_logins.on_end(open_sockets.close_of)

    async def announced(stop: asyncio.Event) -> None:
        await service.announcements.run(stop, hub.receive, hub.look)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        async with resources(service), running(hub.run, announced):
            with drain_notice_on_signal(open_sockets, service.settings.drain_seconds):
                yield

    app = create_app(
        "notification",
        "Who is notified of what, and how. Live messages come over the WebSocket `GET /api/v1/ws`, for which OpenAPI "
        "has no form: `POST /api/v1/ws/tickets` says how it is spoken.",
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
async def running(*loops: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncGenerator[None]:
    """The loops run as long as this is open. Raises at its end what failed in them: several failures as a group."""
    stop = asyncio.Event()
    tasks = [asyncio.ensure_future(loop(stop)) for loop in loops]
    try:
        yield
    finally:
        stop.set()
        await finish_all(tasks, "what feeds the rooms failed")
