"""What the service is held against: FastAPI as our services run it, and one statement. Nothing is checked but the body.

No token, no idempotency key, no price, no lot: a lower bound of what an endpoint of this kind costs.
"""

import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast
from uuid import UUID

from benchmarks.reference_database import BOOK, Pool, pool_of
from fastapi import FastAPI, HTTPException, Request
from pydantic import BaseModel

from parking_chassis.process import Address, serve
from reservation_service.entrypoints.http.booking import ReservationRequest

URL = "REFERENCE_DATABASE_URL"
READY = "/readyz"


class Booked(BaseModel):
    """What was booked."""

    id: UUID


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with pool_of(os.environ[URL]) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_lifespan)


@app.get(READY)
async def ready() -> dict[str, bool]:
    """It serves."""
    return {"ready": True}


@app.post("/api/v1/reservations", status_code=201)
async def book(body: ReservationRequest, request: Request) -> Booked:
    """Take a named spot's time."""
    pool = cast("Pool", request.app.state.pool)
    times, event = (body.start_time, body.end_time), body.model_dump_json().encode()
    booked = await pool.fetchval(BOOK, body.parking_lot_id, body.spot_id, *times, event)
    if booked is None:
        raise HTTPException(409)
    return Booked(id=booked)


if __name__ == "__main__":
    serve(app, Address("127.0.0.1", int(sys.argv[1]), grace=1))
