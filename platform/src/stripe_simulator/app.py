"""Puts the parts together."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from parking_platform.own_origin import OwnOriginOnly
from stripe_simulator import (
    balance_transactions,
    charges,
    customers,
    disputes,
    due_work,
    events,
    overview,
    payment_intents,
    payment_methods,
    refunds,
)
from stripe_simulator.account import Account
from stripe_simulator.alarm import Alarm
from stripe_simulator.api import Api
from stripe_simulator.calls import Operation
from stripe_simulator.clock import Clock
from stripe_simulator.control import Control
from stripe_simulator.deliveries import Deliveries
from stripe_simulator.errors import refused
from stripe_simulator.journal import Journal
from stripe_simulator.knobs import Panel
from stripe_simulator.settings import Settings
from stripe_simulator.store import Store
from stripe_simulator.three_d_secure import ThreeDSecure
from stripe_simulator.webhooks import Sender

OPERATIONS: tuple[Operation, ...] = (
    *payment_intents.OPERATIONS,
    *charges.OPERATIONS,
    *refunds.OPERATIONS,
    *customers.OPERATIONS,
    *payment_methods.OPERATIONS,
    *events.OPERATIONS,
    *balance_transactions.OPERATIONS,
    *disputes.OPERATIONS,
)
logger = logging.getLogger(__name__)
SHIM = Path(__file__).with_name("stripe.js")
EVERY_METHOD = ["GET", "POST", "DELETE", "PUT", "PATCH"]

type Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Simulator:
    """The running parts of one simulated account."""

    account: Account
    sender: Sender
    client: httpx.AsyncClient
    due_work_alarm: Alarm

    async def run_due_work(self) -> None:
        """Do what happens by itself, as long as the server runs."""
        while True:
            if due_work.run_due(self.account):
                self.sender.alarm.ring()
            await self.due_work_alarm.wait(due_work.seconds_until_due(self.account))

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Run the loops while the server runs."""
        tasks = [asyncio.create_task(self.run_due_work()), asyncio.create_task(self.sender.run())]
        for task in tasks:
            task.add_done_callback(end_after_failure)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await self.client.aclose()
            self.account.store.close()


def end_after_failure(task: asyncio.Task[None]) -> None:
    """A loop that broke ends the process: a simulator that answers and delivers nothing would mislead."""
    if not task.cancelled() and (error := task.exception()):
        logger.critical("a loop of the simulator broke", exc_info=error)
        signal.raise_signal(signal.SIGTERM)


def build(settings: Settings) -> Starlette:
    """The application; opens the state file."""
    store = Store(settings.state)
    panel = Panel(store)
    deliveries = Deliveries(store, panel, settings.webhook_retry_base, settings.webhook_retry_limit)
    account = Account(store, Clock(store), panel, deliveries, settings)
    journal = Journal(store, settings.journal_size)
    client = httpx.AsyncClient(timeout=settings.webhook_timeout)
    simulator = Simulator(account, Sender(account, client), client, Alarm())
    control = Control(account, journal, simulator.sender, simulator.due_work_alarm)
    return Starlette(
        routes=[*api_routes(simulator, journal), *control.routes(), *page_routes(simulator)],
        # Browsers may call the API from any page, as they may call Stripe's.
        middleware=[
            Middleware(OwnOriginOnly, paths=["/_simulator"]),
            Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"], allow_headers=["*"]),
        ],
        lifespan=simulator.lifespan,
    )


def api_routes(simulator: Simulator, journal: Journal) -> list[BaseRoute]:
    """Stripe's endpoints, and Stripe's answer for those that there are not."""
    api = Api(simulator.account, journal, simulator.sender)

    def endpoint(operation: Operation) -> Handler:
        async def handle(request: Request) -> Response:
            response = await api.handle(operation, request)
            simulator.due_work_alarm.ring()
            return response

        return handle

    async def unknown(request: Request) -> Response:
        message = (
            f"Unrecognized request URL ({request.method}: {request.url.path}). Please see https://stripe.com/docs "
            "or we can help at https://support.stripe.com/."
        )
        return JSONResponse({"error": refused(message).error}, 404)

    known = [Route(each.path, endpoint(each), methods=[each.method]) for each in OPERATIONS]
    return [*known, Route("/v1/{rest:path}", unknown, methods=EVERY_METHOD)]


def page_routes(simulator: Simulator) -> list[BaseRoute]:
    """What a browser opens, and the probe."""
    three_d_secure = ThreeDSecure(simulator.account, simulator.sender)

    async def front(_request: Request) -> Response:
        return HTMLResponse(overview.render(simulator.account))

    async def shim(_request: Request) -> Response:
        return FileResponse(SHIM, media_type="text/javascript")

    async def health(_request: Request) -> Response:
        simulator.account.store.row("SELECT 1")
        return PlainTextResponse("ok")

    attempt = "/3d_secure/{intent}/{attempt}"
    return [
        Route("/", front),
        Route("/healthz", health),
        Route("/v3/", shim),
        Route("/v3", shim),
        Route("/{release}/stripe.js", shim),
        Route(attempt, three_d_secure.ask),
        Route(f"{attempt}/complete", three_d_secure.complete, methods=["POST"]),
        Route(f"{attempt}/fail", three_d_secure.fail, methods=["POST"]),
    ]
