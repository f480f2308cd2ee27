"""The HTTP application that every service starts from."""

from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.types import Message, Receive, Scope, Send

from parking_chassis.access_tokens import AccessTokenVerifier
from parking_chassis.api_document import ANY_PROBLEM, name_problems
from parking_chassis.health import ReadFigures, ReadinessCheck, health_router
from parking_chassis.metrics import expect_errors
from parking_chassis.problems import TableEntry, install_problem_handlers, record_unexpected
from parking_chassis.request_context import QUIET, RequestContext
from parking_chassis.schemas import refuse_nul
from parking_chassis.telemetry import TracedApplication
from parking_chassis.unknown_queries import refuse_unknown_query

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class _Application(TracedApplication):
    """An application whose document names the problems of each operation, and whose errors cost nobody else's request.

    What is raised to uvicorn after its answer was sent closes the kept-alive connection without a word, and the
    gateway puts another client's request on it: that one would get the 502. So such an error ends here. By then it
    was recorded in the log, and in the span, which stands further in. An answer that was begun and not finished still
    closes the connection: nothing else tells its client that the rest is missing.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        is_answered = False

        async def watched(message: Message) -> None:
            nonlocal is_answered
            await send(message)
            is_answered = message["type"] == "http.response.body" and not message.get("more_body", False)

        try:
            await super().__call__(scope, receive, watched)
        except Exception as error:
            if not is_answered:
                raise
            record_unexpected(scope, error)

    def openapi(self) -> dict[str, Any]:
        """See FastAPI, which keeps it."""
        document = super().openapi()
        if "Problem" not in document.get("components", {}).get("schemas", {}):
            name_problems(document, self.routes)
        return document


def create_app(
    title: str,
    description: str,
    *,
    routers: Sequence[APIRouter],
    problems: Mapping[type[Exception], TableEntry],
    readiness: Mapping[str, ReadinessCheck],
    token_verifier: AccessTokenVerifier,
    figures: Sequence[ReadFigures] = (),
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """An application with the conventions of the public contract: problems, ids, health, metrics, traces, OpenAPI.

    Within its `lifespan` it keeps up with the logins that end (`AccessTokenVerifier.following`). `figures` are read
    each time somebody asks for the metrics (`parking_chassis.health`).
    """

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncGenerator[None]:
        async with lifespan(app) if lifespan else nullcontext(), token_verifier.following():
            yield

    app = _Application(
        title=title,
        description=description,
        docs_url=None,
        redoc_url=None,
        lifespan=running,
        generate_unique_id_function=_operation_id,
        responses={"default": ANY_PROBLEM},
        dependencies=[Depends(refuse_nul), Depends(refuse_unknown_query)],
        # Starlette's redirect of a trailing slash would lead to whatever `Host` the client wrote.
        redirect_slashes=False,
    )
    app.state.token_verifier = token_verifier
    app.include_router(health_router(readiness, figures))
    for router in routers:
        app.include_router(router)
    install_problem_handlers(app, problems)
    app.add_middleware(RequestContext)
    expect_errors(*_measured(app))
    return app


def _measured(app: FastAPI) -> Iterator[str]:
    """The routes as the metrics name them."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.path and route.path not in QUIET:
            yield route.path


def _operation_id(route: APIRoute) -> str:
    """The use case's own name: `register_user`, not a string made of path and method."""
    return route.name
