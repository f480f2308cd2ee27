"""A service whose requests end in errors that nobody expected: `python breaking_service.py <kind> <port>`.

A process of its own: what becomes of a connection depends on what its server does between the answer and the end.
"""

import sys

from fastapi import APIRouter, BackgroundTasks, FastAPI

from parking_chassis.access_tokens import AccessTokenVerifier, SharedSecret
from parking_chassis.app import create_app
from parking_chassis.logs import configure_logs
from parking_chassis.problems import install_problem_handlers
from parking_chassis.process import Address, serve
from parking_platform.ports import LOOPBACK

PAYMENTS = "/api/v1/payments"


def breaking() -> APIRouter:
    """Requests that end in an unexpected error, before and after the answer, and one that is somebody else's."""
    router = APIRouter(prefix=PAYMENTS)

    @router.get("/broken")
    async def broken() -> None:
        raise LookupError("nobody expected this")

    @router.get("/broken-afterwards")
    async def broken_afterwards(tasks: BackgroundTasks) -> str:
        tasks.add_task(broken)
        return "done"

    @router.post("", status_code=201)
    async def pay() -> str:
        return "paid"

    return router


def as_the_services_are() -> FastAPI:
    secret = SharedSecret("s" * 32)
    verifier = AccessTokenVerifier(secret, issuer="https://x", audience="parking", algorithms=["HS256"])
    return create_app("payment", "", routers=[breaking()], problems={}, readiness={}, token_verifier=verifier)


def raising_on() -> FastAPI:
    """Answers in the same way, and then raises to the server, as Starlette does."""
    app = FastAPI()
    app.include_router(breaking())
    install_problem_handlers(app, {})
    return app


if __name__ == "__main__":
    kind, port = sys.argv[1:]
    configure_logs("payment", "INFO")
    serve(as_the_services_are() if kind == "service" else raising_on(), Address(LOOPBACK, int(port), 1))
