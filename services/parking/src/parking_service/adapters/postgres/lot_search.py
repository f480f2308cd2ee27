"""The search for lots as one statement of the driver's own: the hot path (decision 0018).

Near a place the index gives the nearest lots in order (KNN, `<->`) and stops after a page; only they are joined to
their free spots and measured. `<->` measures on a sphere and `ST_Distance` on the ellipsoid, up to 0.3 % apart: so a
few more candidates are taken than are shown, and sorted by the true distance.

Without a place an index gives the lots in the order asked for, and only a page of them is joined.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from parking_kernel.money import Money
from parking_service.application.ports import Box, LotFilter, LotView
from parking_service.domain.occupancy import Fading
from parking_service.domain.values import Place

SPARE_CANDIDATES = 10
MAX_WORDS = 5

LOT = """
    l.id, l.organization_id, l.name, l.description, l.address, l.latitude, l.longitude, l.time_zone, l.amenities,
    l.opening_hours::text AS opening_hours, l.currency, l.hourly_amount, l.daily_amount, l.status, l.total_spots,
    l.spot_types, l.version
"""
FREE = "f.free, f.coverage, f.observed_at, f.changed_at, f.fading, f.fresh_since, f.counted_at"
WORDS = "folded(l.name || ' ' || l.address)"
ORDERS = {
    "price": "l.hourly_amount NULLS LAST",
    "availability": "f.free DESC",
    "name": "l.name",
}


class Statement:
    """A statement in the making: its arguments are numbered as they come."""

    def __init__(self) -> None:
        self.arguments: list[Any] = []

    def bind(self, value: object, kind: str) -> str:
        """The placeholder of a value."""
        self.arguments.append(value)
        return f"${len(self.arguments)}::{kind}"


def search_statement(wanted: LotFilter) -> tuple[str, list[Any]]:
    """The text, one for each combination of filters so that it is prepared once, and its arguments."""
    statement = Statement()
    point = _point(statement, wanted.near) if wanted.near else None
    conditions = _conditions(statement, wanted, point)
    if point and wanted.sort == "distance":
        return _nearest(statement, wanted, point, conditions), statement.arguments
    distance = f"ST_Distance(l.location, {point})" if point else "NULL::float8"
    order = ORDERS.get(wanted.sort, ORDERS["name"]) + (", distance_m" if point else "") + ", l.id"
    page = f"LIMIT {statement.bind(wanted.limit, 'bigint')} OFFSET {statement.bind(wanted.offset, 'bigint')}"
    if wanted.sort == "availability":
        text = f"""
            SELECT {LOT}, {FREE}, {distance} AS distance_m
            FROM lots l JOIN free_spots f ON f.parking_lot_id = l.id
            WHERE {conditions} ORDER BY {order} {page}
        """  # noqa: S608 - fixed fragments; every value is an argument
    else:
        text = f"""
            SELECT l.*, {FREE}
            FROM (
                SELECT {LOT}, {distance} AS distance_m FROM lots l WHERE {conditions} ORDER BY {order} {page}
            ) l JOIN free_spots f ON f.parking_lot_id = l.id
            ORDER BY {order}
        """  # noqa: S608 - the same
    return text, statement.arguments


def _nearest(statement: Statement, wanted: LotFilter, point: str, conditions: str) -> str:
    candidates = statement.bind(wanted.offset + wanted.limit + SPARE_CANDIDATES, "bigint")
    return f"""
        SELECT l.*, {FREE}, ST_Distance(l.location, {point}) AS distance_m
        FROM (
            SELECT {LOT}, l.location FROM lots l WHERE {conditions} ORDER BY l.location <-> {point} LIMIT {candidates}
        ) l JOIN free_spots f ON f.parking_lot_id = l.id
        ORDER BY distance_m, l.id
        LIMIT {statement.bind(wanted.limit, "bigint")} OFFSET {statement.bind(wanted.offset, "bigint")}
    """  # noqa: S608 - fixed fragments; every value is an argument


def _point(statement: Statement, place: Place) -> str:
    longitude, latitude = statement.bind(place.longitude, "float8"), statement.bind(place.latitude, "float8")
    return f"ST_SetSRID(ST_MakePoint({longitude}, {latitude}), 4326)::geography"


def _conditions(statement: Statement, wanted: LotFilter, point: str | None) -> str:
    # In two: the partial indexes are of all lots that are not retired, drafts too.
    found = ["l.status <> 'retired'", "l.status = 'draft'" if wanted.drafts else "l.status <> 'draft'"]
    if wanted.organizations is not None:
        found.append(f"l.organization_id = ANY({statement.bind(list(wanted.organizations), 'uuid[]')})")
    if point:
        found.append(f"ST_DWithin(l.location, {point}, {statement.bind(float(wanted.radius_m), 'float8')})")
    if wanted.box:
        found.append(_in_box(statement, wanted.box))
    found += _properties(statement, wanted)
    return " AND ".join(found)


def _properties(statement: Statement, wanted: LotFilter) -> Iterator[str]:
    for word in wanted.words[:MAX_WORDS]:
        # A word that occurs, whatever its case and accents, or nearly so (pg_trgm's word similarity): both have the
        # same index.
        bound = statement.bind(word, "text")
        yield f"({WORDS} LIKE holding({bound}) OR folded({bound}) <% {WORDS})"
    if wanted.spot_type:
        yield f"l.spot_types @> ARRAY[{statement.bind(wanted.spot_type.value, 'text')}]"
    if wanted.amenities:
        yield f"l.amenities @> {statement.bind(list(wanted.amenities), 'text[]')}"
    if wanted.max_hourly is not None:
        yield f"l.hourly_amount <= {statement.bind(wanted.max_hourly, 'bigint')}"
    if wanted.organization_id:
        yield f"l.organization_id = {statement.bind(wanted.organization_id, 'uuid')}"
    if wanted.open_now:
        at = statement.bind(wanted.at, "timestamptz")
        yield f"l.status = 'open' AND (l.opening_hours IS NULL OR l.open_periods @> {at})"


def _in_box(statement: Statement, box: Box) -> str:
    if box.west > box.east:  # across the antimeridian: two boxes
        halves = (Box(box.west, box.south, 180, box.north), Box(-180, box.south, box.east, box.north))
        return f"({' OR '.join(_in_box(statement, half) for half in halves)})"
    west, south, east, north = (
        statement.bind(float(value), "float8") for value in (box.west, box.south, box.east, box.north)
    )
    # The index rounds to single precision, so the coordinates themselves decide.
    return (
        f"(l.location::geometry && ST_MakeEnvelope({west}, {south}, {east}, {north}, 4326)"
        f" AND l.latitude BETWEEN {south} AND {north} AND l.longitude BETWEEN {west} AND {east})"
    )


def one_lot_statement(lot_id: UUID) -> tuple[str, list[Any]]:
    """One lot, whatever its status."""
    text = f"""
        SELECT {LOT}, {FREE}, NULL::float8 AS distance_m
        FROM lots l JOIN free_spots f ON f.parking_lot_id = l.id WHERE l.id = $1
    """  # noqa: S608 - fixed fragments; the id is an argument
    return text, [lot_id]


def lot_view(row: Any) -> LotView:
    """The lot of a row of the driver."""
    currency: str = row["currency"]
    hourly, daily = row["hourly_amount"], row["daily_amount"]
    observed_at: datetime | None = row["observed_at"]
    return LotView(
        id=row["id"],
        organization_id=row["organization_id"],
        name=row["name"],
        description=row["description"],
        address=row["address"],
        place=Place(row["latitude"], row["longitude"]),
        time_zone=row["time_zone"],
        amenities=row["amenities"],
        opening_hours=row["opening_hours"],
        currency=currency,
        hourly_rate=Money(hourly, currency) if hourly is not None else None,
        daily_rate=Money(daily, currency) if daily is not None else None,
        status=row["status"],
        total_spots=row["total_spots"],
        spot_types=row["spot_types"],
        available_spots=row["free"],
        observed_at=observed_at,
        changed_at=row["changed_at"],
        coverage=row["coverage"],
        fading=Fading(row["fresh_since"], row["fading"], row["counted_at"]),
        version=row["version"],
        distance_m=row["distance_m"],
    )
