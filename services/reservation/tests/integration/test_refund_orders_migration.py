"""What had to go back before orders had names is converted once, and back again."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import pytest_asyncio
from alembic import command
from alembic.config import Config
from services.reservation.tests.driving import SEALER, Database
from services.reservation.tests.examples import NOW, a_hold
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

import reservation_service
from parking_chassis.database import PoolSettings, create_engine
from parking_chassis.migrations import migrate, migrations_folder
from parking_kernel.askers import THE_SERVICE
from parking_platform.testing.servers import PostgresServer
from reservation_service.adapters.postgres.tables import reservations
from reservation_service.adapters.postgres.unit_of_work import units_of_work
from reservation_service.domain.refund_orders import RefundReason, next_order

FOLDER = migrations_folder(Path(reservation_service.__path__[0]))
P1, P2, R1, R2 = (UUID(int=number) for number in (1, 2, 11, 12))


def before(number: int, status: str, refund_due: int, returned: list[UUID], *paid: tuple[UUID, int]) -> dict[str, Any]:
    """A row as the release before wrote it; the booking's charge is 600."""
    state = a_hold().state
    charges = [
        {"id": str(UUID(int=100 + place)), "reason": "booking", "status": "paid", "amount": amount, "tax": 0,
         "line_items": [], "paid_by": str(payment)}
        for place, (payment, amount) in enumerate(paid)
    ]  # fmt: skip
    unpaid = {"id": str(UUID(int=99)), "reason": "booking", "status": "void", "amount": 600, "tax": 0,
              "line_items": [], "paid_by": None}  # fmt: skip
    return {
        "id": UUID(int=number),
        "user_id": state.user_id,
        "organization_id": state.organization_id,
        "parking_lot_id": state.parking_lot_id,
        "spot_id": state.spot.id,
        "spot_number": "1",
        "spot_type": "standard",
        "starts_at": state.period.starts_at,
        "ends_at": state.period.ends_at,
        "status": status,
        "tariff_id": state.tariff_id,
        "currency": "CHF",
        "charges": charges or [unpaid],
        "refund_due": refund_due,
        "created_at": NOW,
        "version": 3,
        "returned": returned,
    }


CASES = {
    "nothing goes back": (before(1, "confirmed", 0, [], (P1, 600)), []),
    "cancelled, all of it": (before(2, "cancelled", 600, [], (P1, 600)), [(P1, 600)]),
    "cancelled, half of two: the newest first": (
        before(3, "cancelled", 400, [], (P1, 600), (P2, 200)),
        [(P2, 200), (P1, 200)],
    ),
    "a second payment": (before(4, "confirmed", 600, [R1], (P1, 600)), [(R1, 600)]),
    "a second payment of another amount": (before(5, "confirmed", 599, [R1], (P1, 600)), [(R1, 599)]),
    "late money": (before(6, "expired", 600, [R1]), [(R1, 600)]),
    "two of them": (before(7, "expired", 1200, [R1, R2]), [(R1, 600), (R2, 600)]),
    "two of wrong amounts: evenly": (before(8, "pending", 1201, [R1, R2]), [(R1, 601), (R2, 600)]),
    "a second payment, then cancelled by half": (
        before(9, "cancelled", 900, [R1], (P1, 600)),
        [(R1, 600), (P1, 300)],
    ),
    "cancelled too late, and a second payment": (before(10, "cancelled", 600, [R1], (P1, 600)), [(R1, 600)]),
}


@pytest_asyncio.fixture
async def engine(postgres_server: PostgresServer) -> AsyncIterator[AsyncEngine]:
    """A database of the release before."""
    url = await postgres_server.create_database(extensions=["btree_gist"])
    await asyncio.to_thread(migrate, url, FOLDER, "0001")
    engine = create_engine(url, "tests", PoolSettings())
    yield engine
    await engine.dispose()
    await postgres_server.drop_database(urlsplit(url).path.removeprefix("/"))


async def write(engine: AsyncEngine, *rows: dict[str, Any]) -> None:
    async with engine.begin() as connection:
        for row in rows:
            await connection.execute(insert(reservations).values(row))


async def move(engine: AsyncEngine, revision: str) -> None:
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    if revision == "head":
        await asyncio.to_thread(migrate, url, FOLDER)
    else:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["database_url"] = url
        await asyncio.to_thread(command.downgrade, config, revision)
    await engine.dispose()


async def test_each_payment_is_named_with_what_goes_back_of_it(engine: AsyncEngine) -> None:
    await write(engine, *(row for row, _ in CASES.values()))
    await move(engine, "head")
    async with units_of_work(SEALER).opened_on(engine)(THE_SERVICE) as work:
        for case, (row, expected) in CASES.items():
            state = await work.reservations.read(row["id"])
            named = [(each.payment_id, each.amount.amount) for each in state.refund_orders]
            assert named == expected, case
            assert {each.reason for each in state.refund_orders} <= {RefundReason.CONVERTED}
            for order in state.refund_orders:
                assert order == next_order((), order.payment_id, order.amount, order.reason), "ids as of the domain"
            assert state.refund_due.amount == row["refund_due"], case


async def test_down_and_up_again_keeps_what_goes_back(engine: AsyncEngine) -> None:
    await write(engine, *(row for row, _ in CASES.values()))
    await move(engine, "head")
    await move(engine, "0001")
    database = Database(engine)
    kept = {row["id"]: (row["refund_due"], row["returned"]) for row, _ in CASES.values()}
    rows = await database.rows("SELECT id, refund_due, returned FROM reservations")
    assert {key: (due, sorted(returned)) for key, due, returned in rows} == kept
    await move(engine, "head")


async def test_a_refund_of_no_payment_stops_the_migration(engine: AsyncEngine) -> None:
    await write(engine, before(1, "confirmed", 5, []))
    with pytest.raises(ValueError, match="5 to give back, and no payment"):
        await move(engine, "head")


@pytest.mark.parametrize("changes", ["refund_due = 600", "refund_due = 1200, returned = '{}'", "refund_orders = '[]'"])
async def test_the_sum_cannot_differ_from_the_orders(engine: AsyncEngine, changes: str) -> None:
    """As the release before would write it, which orders by the sum alone."""
    await write(engine, before(1, "confirmed", 0, [], (P1, 600)), before(2, "expired", 599, [R1]))
    await move(engine, "head")
    which = 1 if changes == "refund_due = 600" else 2
    with pytest.raises(IntegrityError, match="refund_due_is_the_orders_sum"):
        await Database(engine).rows(f"UPDATE reservations SET {changes} WHERE id = :id", id=UUID(int=which))
