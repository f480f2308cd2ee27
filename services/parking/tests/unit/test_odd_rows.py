"""A row of any shape is refused as a row; it never fails the file."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parking_chassis.problems import Problem
from parking_service.adapters.geojson.files import GeoJsonLotFiles
from parking_service.domain.errors import RowRefused
from parking_service.domain.import_options import ImportOptions
from parking_service.domain.imports import ImportRow, LotDraft, sorted_rows
from parking_service.entrypoints.http.csv_file import MAX_COLUMNS
from parking_service.entrypoints.http.lot_file import MAX_ROWS, TOKEN, features_of

FILES = GeoJsonLotFiles("Europe/Zurich")
POINT = {"type": "Point", "coordinates": [7.59, 47.55]}
PARK_API: dict[str, Any] = {
    "id": "p1",
    "properties": {"name": "Parkhaus", "type": "garage", "address": "Weg 1", "capacity": 3},
    "geometry": POINT,
}
SWISS_RAIL: dict[str, Any] = {
    "id": "x",
    "geometry": POINT,
    "properties": {
        "operator": "SBB",
        "displayName": "Suhr",
        "parkingFacilityType": "PARK_AND_RAIL",
        "address": {"addressLine": "Bahnhofstrasse 3", "city": "Suhr", "postalCode": "5034"},
        "additionalInformationForCustomers": {"enText": "Behind the station"},
        "operationTime": {"operatingFrom": "06:00:00", "operatingTo": "00:00:00", "daysOfWeek": ["MONDAY"]},
        "capacities": [{"categoryType": "STANDARD", "total": 5}],
        "pricingModel": {
            "minimumDuration": 120,
            "maximumDayPrice": 500,
            "viableIncrement": 60,
            "priceSegments": [{"startingFrom": 0, "price": 100}, {"startingFrom": 240, "price": 50}],
        },
    },
}
OSM: dict[str, Any] = {
    "id": "way/1",
    "properties": {
        "amenity": "parking",
        "name": "Messe",
        "capacity": "30",
        "capacity:disabled": "2",
        "access": "yes",
        "parking": "surface",
        "opening_hours": "Mo-Fr 07:30-22:00; PH off",
        "addr:street": "Weg",
        "maxstay": "2 hours",
    },
    "geometry": {
        "type": "MultiPolygon",
        "coordinates": [[[[8.54, 47.37], [8.541, 47.37], [8.541, 47.371], [8.54, 47.37]]]],
    },
}
TABLE_ROW: dict[str, Any] = {
    "properties": {
        "Nr": "1",
        "id": 12.0,
        "nom": "Messe",
        "places": "12",
        "lat": "47,37",
        "lon": "8,54",
        "x": 1,
        "wkt": "",
    },
}
HUGE = 10**400
DEEP = "[" * 100_000 + "]" * 100_000
Scalar = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([HUGE, -HUGE, 10**999, 2**63, -1, 0, 1e308, -1e308, 1e-320, 0.5]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=9),
    st.sampled_from(["24:00", "06:00:00", "STANDARD", "MONDAY", "\u2028", "\x1b[31m", "x" * 5000]),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(
            ["POINT", "POLYGON", "MULTIPOLYGON", "CURVEPOLYGON", "GEOMETRYCOLLECTION", "LINESTRING", "SRID=4326;"]
        ),
        st.sampled_from([" EMPTY", "Z", " M ", "(", "((("]),
        st.text(alphabet="(), 87.NaEMPTY-", max_size=30),
    ),
    st.builds(
        '{{"type": "{}", "coordinates": {}}}'.format,
        st.sampled_from(["Point", "Polygon", "MultiPolygon", "MultiSurface"]),
        st.text(alphabet="[[[]]], 87NaN", max_size=30)
        | st.sampled_from(
            ["[[[8, 47], [9, 48], [9, NaN], [8, 47]]]", "[[[8, 47], [8, 47], [8, 47], [8, 47]]]", "[NaN, Infinity]"]
        ),
    ),
)
Shape = st.recursive(
    Scalar,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)),
)


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where something stands in a feature."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from places(child, (*path, name))


def with_change(feature: Any, path: tuple[str | int, ...], change: Callable[[Any, Any], None]) -> Any:
    """A copy of a feature in which something else stands in one place."""
    copy = {"root": json.loads(json.dumps(feature))}
    target: Any = copy
    for step in ("root", *path)[:-1]:
        target = target[step]
    change(target, ("root", *path)[-1])
    return copy["root"]


def drafted(feature: Mapping[str, object]) -> LotDraft | None:
    """The lot that a row describes; nothing where it is refused. Anything else that is raised would fail the file."""
    row = ImportRow(1, FILES.source_id(feature, ImportOptions()) or "id", feature)
    with suppress(RowRefused):
        return FILES.draft(row, ImportOptions())
    return None


def kept(*rows: str) -> list[Any]:
    """What is kept of a file with these rows."""
    text = '{"type": "FeatureCollection", "features": [' + ", ".join(rows) + "]}"
    return list(features_of(text.encode("utf-8", "surrogatepass")))


@pytest.mark.parametrize("good", [PARK_API, SWISS_RAIL, OSM, TABLE_ROW])
@given(data=st.data())
def test_a_row_of_any_shape_is_refused_as_a_row(good: dict[str, Any], data: st.DataObject) -> None:
    feature: Any = good
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(feature))))
        odd = data.draw(Shape)
        feature = with_change(feature, path, lambda parent, name, odd=odd: parent.__setitem__(name, odd))
        if not isinstance(feature, dict):
            break
    (one, other) = kept(json.dumps(feature), json.dumps(good))
    if draft := drafted(one):
        assert draft.digest
    assert drafted(other)


@pytest.mark.parametrize("good", [PARK_API, SWISS_RAIL, OSM, TABLE_ROW])
def test_a_row_that_lacks_anything_is_refused_as_a_row_or_taken(good: dict[str, Any]) -> None:
    for path in list(places(good))[1:]:
        drafted(with_change(good, path, lambda parent, name: parent.pop(name)))


def text_of(feature: dict[str, Any], name: str, odd: str) -> str:
    """A row whose name is written in another way than JSON would."""
    return json.dumps(feature).replace(json.dumps(name), odd)


ODD_ROWS = {
    "coordinates of 401 digits": (json.dumps(PARK_API).replace("7.59", str(HUGE)), "the coordinates are too large"),
    "a number of 9 999 digits": (json.dumps(PARK_API).replace("7.59", "9" * 9999), "a number is too large, or none"),
    "a number that is infinite": (json.dumps(PARK_API).replace("7.59", "1e400"), "a number is too large, or none"),
    "what is no number": (json.dumps(PARK_API).replace("7.59", "NaN"), "a number is too large, or none"),
    "deep nesting": (text_of(PARK_API, "Parkhaus", DEEP), "the feature is nested too deeply"),
    "nesting that the reader takes": (
        text_of(PARK_API, "Parkhaus", "[" * 500 + "]" * 500),
        "the feature is nested too deeply",
    ),
    "the NUL character": (text_of(PARK_API, "Parkhaus", r'"a\\\u0000"'), "a text must not contain the NUL character"),
    "half of a surrogate pair": (
        text_of(PARK_API, "Parkhaus", r'"\ud800"'),
        "a text must not contain half of a surrogate pair",
    ),
    "a price segment that is no object": (
        json.dumps(SWISS_RAIL).replace('{"startingFrom": 240, "price": 50}', "7"),
        "a price segment is no object",
    ),
    "weekdays that are lists": (
        json.dumps(SWISS_RAIL).replace('"MONDAY"', "[[]]"),
        "daysOfWeek is no list of weekdays",
    ),
    "a price beyond all money": (
        json.dumps(SWISS_RAIL).replace('"price": 50', '"price": 1' + "0" * 30),
        "price is too large",
    ),
    "a name with an escape sequence": (
        text_of(PARK_API, "Parkhaus", r'"a\u001b[2J"'),
        "name holds a control character",
    ),
    "an area without a surface": (
        json.dumps(PARK_API).replace(json.dumps(POINT), '{"type": "Polygon", "coordinates": [[[8, 47], [8, 47]]]}'),
        "a ring of the area has fewer than four positions",
    ),
    "an area of text": (
        json.dumps(PARK_API).replace(json.dumps(POINT), '{"type": "MultiPolygon", "coordinates": "everywhere"}'),
        "the coordinates are no list of areas",
    ),
    "more accessible spots than there are": (
        json.dumps(OSM).replace('"capacity:disabled": "2"', '"capacity:disabled": "31"'),
        "the capacity of 30 is less than what is said of its parts",
    ),
    "no object": ("[1]", "the feature is no object"),
    "nothing": ("null", "the feature is no object"),
}


@pytest.mark.parametrize(("row", "reason"), ODD_ROWS.values(), ids=ODD_ROWS)
def test_an_odd_row_is_refused_for_its_reason_and_costs_no_other(row: str, reason: str) -> None:
    one, other = kept(row, json.dumps(SWISS_RAIL))
    with pytest.raises(RowRefused, match=reason):
        FILES.draft(ImportRow(1, "p1", one), ImportOptions())
    assert drafted(other)


SmallShape = Scalar | st.lists(Scalar, max_size=3) | st.dictionaries(st.text(max_size=4), Scalar, max_size=3)
NAMES = ("type", "id", "lat", "lon", "tags", "members", "nodes", "center", "bounds", "geometry", "coords")


@pytest.mark.parametrize("form", ["elements", "lots"])
@settings(max_examples=50)
@given(
    rows=st.lists(
        SmallShape | st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, SmallShape)),
        max_size=3,
    )
)
def test_elements_and_lots_of_any_shape_are_rows(form: str, rows: list[Any]) -> None:
    for feature in features_of(json.dumps({form: rows}).encode()):
        drafted(feature)


@given(st.binary(max_size=60) | st.text(alphabet='id,;"\n\r\t47.8', max_size=60).map(str.encode))
def test_any_bytes_are_a_table_or_a_wrong_file(body: bytes) -> None:
    with suppress(Problem):
        for feature in features_of(body, "text/csv"):
            drafted(feature)


def test_an_area_whose_outline_crosses_itself_has_a_point() -> None:
    bow = [[8, 47], [9, 48], [9, 47], [8, 48], [8, 47]]
    row = ImportRow(1, "p1", {**PARK_API, "geometry": {"type": "Polygon", "coordinates": [bow]}})
    place = FILES.draft(row, ImportOptions()).place
    assert 8 < place.longitude < 9
    assert 47 < place.latitude < 48


def drafted_by_text(wkt: str) -> LotDraft:
    row = {**TABLE_ROW["properties"], "name": "Messe", "capacity": "12", "wkt": wkt}
    return FILES.draft(ImportRow(1, "p1", {"properties": row}), ImportOptions())


@pytest.mark.parametrize(
    "wkt",
    [
        "GEOMETRYCOLLECTION(" * 40_000,
        "CURVEPOLYGON((8 47, 9 48, 9 47, 8 47))",
        "MULTISURFACE(((8 47, 9 48, 9 47, 8 47)))",
        "CIRCULARSTRING(8 47, 9 48, 9 47)",
        "COMPOUNDCURVE((8 47, 9 48))",
        "POINT EMPTY",
        "POLYGON((8 47, NaN 48, 9 47, 8 47))",
        "POLYGON" + "(" * 100_000,
        '{"type": "Polygon", "coordinates": [[[8, 47], [9, NaN], [9, 47], [8, 47]]]}',
        '{"type": "Polygon", "coordinates": [[[8, 47], [9, 1e400], [9, 47], [8, 47]]]}',
    ],
    ids=lambda wkt: wkt[:20],
)
def test_a_geometry_that_nobody_can_read_is_refused_as_a_row(wkt: str) -> None:
    """The first ended the process, and the others the file."""
    with pytest.raises(RowRefused):
        drafted_by_text(wkt)


def test_an_area_of_thousands_of_crossing_lines_has_a_point() -> None:
    """To make such an outline valid takes minutes for some hundred positions."""
    angles = [number * 997 % 2_000 / 2_000 * math.tau for number in range(2_000)]
    star = [[8 + math.cos(angle), 47 + math.sin(angle)] for angle in angles]
    row = ImportRow(1, "p1", {**PARK_API, "geometry": {"type": "Polygon", "coordinates": [[*star, star[0]]]}})
    place = FILES.draft(row, ImportOptions()).place
    assert 7 < place.longitude < 9
    assert 46 < place.latitude < 48


ODD_IDS = ["p\n1", "p1\r", "\tp1", "p\x1b[31m1", "p\x7f", "p\x85", "p\u2028", "p\u2029"]


@pytest.mark.parametrize("odd", ODD_IDS)
@pytest.mark.parametrize("in_properties", [True, False])
def test_an_id_of_several_lines_or_with_control_characters_is_refused_by_name(odd: str, *, in_properties: bool) -> None:
    inside = {**PARK_API, "id": None, "properties": {**PARK_API["properties"], "id": odd}}
    row = inside if in_properties else {**PARK_API, "id": odd}
    one, other = kept(json.dumps(row), json.dumps(PARK_API))
    rows, refused = sorted_rows([one, other], lambda each: FILES.source_id(each, ImportOptions()))
    assert ([each.source_id for each in rows], refused) == ([odd, "p1"], []), "it is named among the refused as it is"
    with pytest.raises(RowRefused, match=r"^id must be one line, without control characters"):
        FILES.draft(rows[0], ImportOptions())
    assert FILES.draft(rows[1], ImportOptions()).source_id == "p1"


def test_an_id_of_a_table_that_goes_over_lines_is_refused_by_name() -> None:
    header, broken, good = "id,name,capacity,lat,lon", '"p\n1",One,3,47.3,8.5', "p2,Two,3,47.3,8.5"
    one, other = features_of("\n".join((header, broken, good)).encode(), "text/csv")
    with pytest.raises(RowRefused, match=r"^id must be one line"):
        FILES.draft(ImportRow(1, FILES.source_id(one, ImportOptions()), one), ImportOptions())
    assert drafted(other)


def test_a_refused_row_keeps_its_id() -> None:
    (kept_row,) = kept(ODD_ROWS["deep nesting"][0])
    assert FILES.source_id(kept_row, ImportOptions()) == "p1"


def test_text_that_looks_like_an_escape_is_text(shared_data: Path) -> None:
    features = features_of((shared_data.parent / "cases" / "import-escape-as-text.geojson").read_bytes())
    assert [drafted(feature) is not None for feature in features] == [True, True]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1", b"\xff", b"{}", b"[" * 100_000, DEEP.encode(), b'{"type": "Feature"}']
)
def test_what_is_no_file_is_no_file(body: bytes) -> None:
    with pytest.raises(Problem, match="file"):
        features_of(body)


@pytest.mark.parametrize("end", ["", "\\", "\\\\"])
def test_a_text_that_does_not_end_is_read_once(end: str) -> None:
    text = "[" * 3 + '"' + '\\"' * 1000 + end
    tokens = [match.span() for match in TOKEN.finditer(text)]
    assert tokens == [(0, 1), (1, 2), (2, 3), (3, len(text))], "not once more from each of its quotation marks"


def test_a_file_of_such_a_text_is_refused() -> None:
    body = b"[" * 200_000 + b'"' + b'\\"' * 200_000
    with pytest.raises(Problem, match="file"):
        features_of(body)


class TestBounds:
    """Work that anybody can cause with a small file is bounded."""

    @pytest.mark.parametrize(
        ("media_type", "file"),
        [
            ("application/json", b'{"type": "FeatureCollection", "features": [%s0]}' % (b"1," * MAX_ROWS)),
            ("application/json", b'{"lots": [%s0]}' % (b"{}," * MAX_ROWS)),
            ("text/csv", b"id,name\n%s" % (b"1,A\n" * (MAX_ROWS + 1))),
        ],
        ids=["GeoJSON", "ParkAPI", "CSV"],
    )
    def test_more_rows_than_a_file_may_have_are_refused_as_a_file(self, media_type: str, file: bytes) -> None:
        with pytest.raises(Problem, match="at most 100,000 rows"):
            features_of(file, media_type)

    def test_as_many_as_it_may_have_are_taken(self) -> None:
        file = b'{"type": "FeatureCollection", "features": [%s1]}' % (b"1," * (MAX_ROWS - 1))
        assert len(features_of(file)) == MAX_ROWS

    def test_a_table_has_a_thousand_columns_at_most(self) -> None:
        """Each was compared with all before it: 40 000 cost 11 s of a core."""
        assert len(features_of(_table(MAX_COLUMNS), "text/csv")) == 1
        with pytest.raises(Problem, match="line 1, column 1001: there are more than 1000 columns"):
            features_of(_table(MAX_COLUMNS + 1), "text/csv")


def _table(columns: int) -> bytes:
    header = ",".join(f"c{number}" for number in range(columns))
    return f"{header}\n{',' * (columns - 1)}7\n".encode()
