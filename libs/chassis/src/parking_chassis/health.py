"""`/healthz` (this process lives), `/readyz` (what it depends on answers), `/metrics`."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

log = structlog.stdlib.get_logger(__name__)

ReadinessCheck = Callable[[], Awaitable[object]]
ReadFigures = Callable[[], Awaitable[object]]
"""Reads figures that are shown as they are when somebody asks for them; where it fails it shows none, and raises."""

CHECK_TIMEOUT = 2.0


async def _outcome(check: ReadinessCheck) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT):
            await check()
    except Exception as error:  # noqa: BLE001 - whatever a dependency raises, it is not ready, and the answer says so
        return f"{type(error).__name__}: {error}".split("\n", 1)[0]
    return None


async def _read(figures: ReadFigures) -> None:
    if why := await _outcome(figures):
        log.warning("figures_not_read", why=why)


def health_router(checks: Mapping[str, ReadinessCheck], figures: Sequence[ReadFigures] = ()) -> APIRouter:
    """The three routes. A check that raises, or takes longer than two seconds, makes the process not ready.

    `figures` are read before the metrics are shown, for two seconds at most: without those that fail the others are
    there all the same.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        outcomes = await asyncio.gather(*(_outcome(check) for check in checks.values()))
        report = {name: outcome or "ok" for name, outcome in zip(checks, outcomes, strict=True)}
        return JSONResponse(report, status_code=503 if any(outcomes) else 200)

    @router.get("/metrics")
    async def metrics() -> Response:
        await asyncio.gather(*(_read(each) for each in figures))
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
