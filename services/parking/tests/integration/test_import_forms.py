"""The field's forms of files, and what of them a lot cannot be: through the API, into PostGIS."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from services.parking.tests.integration.import_runs import Imported, case, collection, counts, feature, importing

PRICES = {"hourly_rate": 200, "currency": "CHF"}
HOURS = {
    **{day: [["07:30", "22:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "sat": [["07:30", "18:00"]],
    "sun": [],
    "exceptions": [],
}


@pytest.fixture
def imported(operator: Any, run_imports: Callable[[], Awaitable[int]]) -> Imported:
    return importing(operator, run_imports)


async def found(http: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    return {lot["name"]: lot for lot in (await http.get("/parking-lots", params={"limit": 100})).json()["items"]}


async def test_hours_are_kept_and_what_is_not_for_cars_is_refused_by_name(
    imported: Imported, http: httpx.AsyncClient, shared_data: Path
) -> None:
    report = await imported(case(shared_data, "import-limits-ignored.geojson"), **PRICES)
    assert counts(report) == (3, 1, 0, 0, 2)
    assert {each["id"]: each["reason"] for each in report["refused"]} == {
        "bike": "purpose: 'bike' is not for cars",
        "bicycle": "amenity: 'bicycle_parking' is no car park",
    }
    (lot,) = (await found(http)).values()
    assert lot["opening_hours"] == HOURS
    assert report["not_honoured"] == {"opening_hours PH": 1}


async def test_what_the_file_says_and_lots_do_not_is_refused_or_counted_by_name(imported: Imported) -> None:
    refused = {
        "access: 'private' is not open to the public": {"access": "private"},
        "access: 'customers' is not open to the public": {"access": "customers"},
        "type: 'STANDS' is not for cars": {"type": "STANDS"},
        "purpose: 'item' is not for cars": {"purpose": "item"},
        "motorcar: 'no' is not open to cars of the public": {"motorcar": "no"},
        "opening_hours: 'Apr-Oct 08:00-20:00' depends on more than the day of the week, which lots cannot": {
            "opening_hours": "Apr-Oct 08:00-20:00"
        },
        "opening_hours: 'nine to five' is not understood": {"opening_hours": "nine to five"},
    }
    rows = [feature(f"no{number}", **each) for number, each in enumerate(refused.values())]
    limited = feature("limited", fee="yes", maxstay="2 h", access="yes", type="garage", wikidata="Q1")
    free = feature("free", fee="no", maxstay="no", purpose="CAR", type="Tiefgarage", website="")
    report = await imported(collection(*rows, limited, free))
    assert [each["reason"] for each in report["refused"]] == list(refused)
    assert report["created"] == 2
    assert list(report["not_honoured"].items()) == [("fee", 2), ("maxstay", 1), ("wikidata", 1)]


async def test_areas_become_points_on_their_surface(
    imported: Imported, http: httpx.AsyncClient, shared_data: Path
) -> None:
    assert counts(await imported(case(shared_data, "import-areas.geojson"), **PRICES)) == (2, 2, 0, 0, 0)
    for lot in (await found(http)).values():
        assert (lot["location"]["latitude"], lot["location"]["longitude"]) == (
            pytest.approx(47.3705),
            pytest.approx(8.5405),
        )


async def test_a_point_of_a_bent_area_lies_within_it_and_not_in_its_middle(
    imported: Imported, http: httpx.AsyncClient
) -> None:
    """An L, whose centre lies outside."""
    ring = [[8.5, 47.3], [8.6, 47.3], [8.6, 47.301], [8.501, 47.301], [8.501, 47.4], [8.5, 47.4], [8.5, 47.3]]
    await imported(collection(feature(geometry={"type": "Polygon", "coordinates": [ring]})), **PRICES)
    place = (await found(http))["Parkhaus"]["location"]
    assert 8.5 < place["longitude"] < 8.501 or 47.3 < place["latitude"] < 47.301


async def test_numbers_as_the_field_writes_them(
    imported: Imported, http: httpx.AsyncClient, shared_data: Path, database: Any
) -> None:
    report = await imported(case(shared_data, "import-numbers.geojson"), **PRICES)
    assert counts(report) == (3, 3, 0, 0, 0)
    assert {lot["total_spots"] for lot in (await found(http)).values()} == {3}
    assert {row["source_id"] for row in await database("SELECT source_id FROM lots")} == {"text", "real", "12"}
    again = await imported(collection(feature(12, name="Id as 12.0")), **PRICES)
    assert counts(again) == (1, 0, 0, 1, 0), "12 and 12.0 are one"


async def test_text_that_looks_like_an_escape_stays_as_it_is(
    imported: Imported, http: httpx.AsyncClient, shared_data: Path
) -> None:
    report = await imported(case(shared_data, "import-escape-as-text.geojson"), **PRICES)
    assert counts(report) == (2, 2, 0, 0, 0)
    assert set(await found(http)) == {"Deck C:\\u0000", "Innocent lot"}


OVERPASS: dict[str, Any] = {
    "version": 0.6,
    "generator": "Overpass API",
    "elements": [
        {"type": "node", "id": 1, "lat": 47.37, "lon": 8.54, "tags": {
            "amenity": "parking", "name": "Node", "capacity": "20", "capacity:disabled": "2", "fee": "yes",
            "addr:street": "Weg", "addr:housenumber": "1", "addr:postcode": "8001", "addr:city": "Zürich"}},
        {"type": "way", "id": 2, "center": {"lat": 47.371, "lon": 8.541}, "tags": {
            "amenity": "parking", "name": "Way with a centre", "capacity": "10", "parking": "multi-storey"}},
        {"type": "way", "id": 3, "nodes": [11, 12, 13, 11], "tags": {
            "amenity": "parking", "name": "Way of nodes", "capacity": "5", "maxstay": "1 hour"}},
        {"type": "relation", "id": 4, "bounds": {"minlat": 47, "minlon": 8, "maxlat": 47.01, "maxlon": 8.01},
            "members": [{"type": "way", "ref": 9, "role": "outer", "geometry": [
                {"lat": 47.0, "lon": 8.0}, {"lat": 47.0, "lon": 8.01}, {"lat": 47.01, "lon": 8.01},
                {"lat": 47.0, "lon": 8.0}]}],
            "tags": {"type": "multipolygon", "amenity": "parking", "name": "Relation", "capacity": "7"}},
        {"type": "way", "id": 5, "center": {"lat": 47.37, "lon": 8.54}, "tags": {"amenity": "bicycle_parking",
            "capacity": "9"}},
        {"type": "node", "id": 11, "lat": 47.38, "lon": 8.55},
        {"type": "node", "id": 12, "lat": 47.38, "lon": 8.56},
        {"type": "node", "id": 13, "lat": 47.39, "lon": 8.56},
    ],
}  # fmt: skip


async def test_overpass_json_is_understood(imported: Imported, http: httpx.AsyncClient, database: Any) -> None:
    report = await imported(OVERPASS, **PRICES, source="osm")
    assert counts(report) == (5, 4, 0, 0, 1)
    assert report["refused"] == [
        {"row": 5, "id": "way/5", "reason": "amenity: 'bicycle_parking' is no car park"},
    ]
    assert report["not_honoured"] == {"fee": 1, "maxstay": 1}
    lots = await found(http)
    assert {name: lot["total_spots"] for name, lot in lots.items()} == {
        "Node": 20,
        "Way with a centre": 10,
        "Way of nodes": 5,
        "Relation": 7,
    }
    assert (lots["Node"]["address"], lots["Node"]["spot_types"]) == ("Weg 1, 8001 Zürich", ["standard", "accessible"])
    assert lots["Way with a centre"]["amenities"] == ["covered"]
    assert 47.38 < lots["Way of nodes"]["location"]["latitude"] < 47.39
    assert {row["source_id"] for row in await database("SELECT source_id FROM lots")} == {
        *("node/1", "way/2", "way/3", "relation/4")
    }


async def test_park_api_json_is_understood(imported: Imported, http: httpx.AsyncClient) -> None:
    lots = [
        {"address": "Schießgasse", "coords": {"lat": 51.05, "lng": 13.74}, "forecast": True, "free": 12,
         "id": "dresdenaltmarkt", "lot_type": "Tiefgarage", "name": "Altmarkt", "region": "Innenstadt",
         "state": "open", "total": 400},
        {"coords": None, "id": "dresdenohne", "name": "Ohne Ort", "lot_type": "Parkplatz", "total": 5, "free": 1},
        {"coords": {"lat": 51.05, "lng": 13.74}, "id": "dresdenbus", "name": "Busse", "lot_type": "Bus", "total": 5},
    ]  # fmt: skip
    file = {"last_updated": "2026-05-04T08:00:00", "last_downloaded": "2026-05-04T08:00:05", "lots": lots}
    report = await imported(file, **PRICES, time_zone="Europe/Berlin")
    assert counts(report) == (3, 1, 0, 0, 2)
    assert [each["reason"] for each in report["refused"]] == [
        "the geometry is missing",
        "lot_type: 'Bus' is not for cars",
    ]
    (lot,) = (await found(http)).values()
    assert (lot["name"], lot["address"], lot["total_spots"]) == ("Altmarkt", "Schießgasse", 400)
    assert lot["amenities"] == ["covered", "underground"]
    assert set(report["not_honoured"]) == {"forecast", "free", "region", "state"}


TABLE = (
    "ID;Bezeichnung;Straße;Breite;Länge;Stellplätze;Öffnungszeiten\r\n"
    "P1;Größe & Söhne;Weg 1;47,37;8,54;3;Mo-Fr 07:30-22:00; Sa 07:30-18:00\r\n".replace("; Sa", ", Sa")
    + 'P2;"Zum ""Löwen"";\nHof";Gasse 2;47,38;8,55;"12";\r\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
async def test_tables_are_understood_in_the_encodings_of_spreadsheets(
    imported: Imported, http: httpx.AsyncClient, encoding: str
) -> None:
    report = await imported(TABLE.encode(encoding), "text/csv", **PRICES)
    assert counts(report) == (2, 2, 0, 0, 0), report["refused"]
    assert report["not_honoured"] == {}
    lots = await found(http)
    assert set(lots) == {"Größe & Söhne", 'Zum "Löwen";, Hof'}
    one = lots["Größe & Söhne"]
    assert (one["address"], one["total_spots"]) == ("Weg 1", 3)
    assert one["location"] == {"latitude": 47.37, "longitude": 8.54}
    assert one["opening_hours"] == HOURS


async def test_tables_hold_places_as_wkt_and_as_portals_write_them(imported: Imported, http: httpx.AsyncClient) -> None:
    table = (
        b"sep=,\n"
        b"id,name,capacity,geom,geo_point_2d\n"
        b'1,Point,3,POINT (8.54 47.37),\n'
        b'2,Area,3,"SRID=4326;POLYGON ((8.54 47.37, 8.541 47.37, 8.541 47.371, 8.54 47.371, 8.54 47.37))",\n'
        b'3,Areas,3,"MULTIPOLYGON (((8.54 47.37, 8.541 47.37, 8.541 47.371, 8.54 47.37)))",\n'
        b'4,Portal,3,,"47.37, 8.54"\n'
        b'5,Line,3,"LINESTRING (8 47, 9 47)",\n'
        b"6,Nonsense,3,POINT 8.54,\n"
        b"7,Metres,3,SRID=2056;POINT (2683000 1247000),\n"
        b"8,Short,3\n"
        b'9,Long, long,3,,"47.37, 8.54"\n'
    )  # fmt: skip
    report = await imported(table, "text/csv", **PRICES)
    assert [(each["row"], each["id"], each["reason"]) for each in report["refused"]] == [
        (5, "5", "the geometry is no Point, Polygon or MultiPolygon"),
        (6, "6", "the geometry 'POINT 8.54' is no WKT"),
        (7, "7", "the geometry is in the reference system 2056, not in degrees (4326)"),
        (8, None, "line 10 has 3 columns, and the header 5"),
        (
            9,
            None,
            "line 11 has 6 columns, and the header 5; a value that holds the separator needs double quotes around it",
        ),
    ]
    assert set(await found(http)) == {"Point", "Area", "Areas", "Portal"}


async def test_unusual_columns_are_named_by_the_caller(imported: Imported, http: httpx.AsyncClient) -> None:
    table = b"Nr.\tWo\tWieviel\tB\tL\n7\tMesse\t12\t47.56\t7.6\n"
    unknown = await imported(table, "text/csv", **PRICES)
    assert [each["reason"] for each in unknown["refused"]] == [
        "the id is missing; there are 'Nr.', 'Wo', 'Wieviel', 'B', 'L': say which it is by ?columns=id:…"
    ]
    columns = ["id:Nr.,name:Wo,capacity:Wieviel", "latitude:B", "longitude:L"]
    assert (await imported(table, "text/csv", **PRICES, columns=columns))["created"] == 1
    assert (await found(http))["Messe"]["total_spots"] == 12
    osm = collection(feature(name=None, ref="P 4"))
    assert (await imported(osm, **PRICES, columns="name:ref"))["created"] == 1
    assert "P 4" in await found(http)


WRONG_FILES = {
    b'{"type": "FeatureCollection",\n "features": [,]}': "line 2, column 15",
    b'{"type": "FeatureCollection",\n "features": [\xff]}': "line 2, column 15",
    b'{"lots": {}}': "must be a GeoJSON FeatureCollection, Overpass' JSON",
}
WRONG_TABLES = {
    b"": "line 1, column 1: there is no header",
    b"id,name,id\n": "line 1, column 3: there are two columns 'id'",
    b'id,name\n1,"x\n': "line 2, column 3: unexpected end of data",
    b"id;name\n1;\x81\n": "line 2, column 3: this is neither UTF-8 nor Windows-1252",
}  # fmt: skip


async def test_a_wrong_file_says_line_and_column(operator: Any) -> None:
    for media_type, files in (("application/json", WRONG_FILES), ("text/csv", WRONG_TABLES)):
        for content, said in files.items():
            headers = {"Content-Type": media_type}
            answer = await operator("POST", "/parking-lots/import", content=content, headers=headers)
            assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request"), content
            assert said in answer.json()["errors"][0]["detail"], content


@pytest.mark.parametrize("name", ["bahn", "basel", "freiburg", "koeln", "zuerich"])
async def test_real_files_look_right_and_what_they_say_besides_is_counted(
    imported: Imported, shared_data: Path, name: str
) -> None:
    document = json.loads((shared_data / "real" / f"lots_{name}.geojson").read_text())
    zone = "Europe/Zurich" if name in {"basel", "zuerich"} else "Europe/Berlin"
    report = await imported(document, time_zone=zone, source=name)
    assert report["created"] + len(report["refused"]) == len(document["features"])
    assert report["not_honoured"]["has_live_capacity"] == report["created"]
    assert not [each for each in report["warnings"] if "swapped" in each["reason"] or "zone" in each["reason"]]
    for each in document["features"]:
        if each.get("geometry"):
            each["geometry"]["coordinates"][:2] = reversed(each["geometry"]["coordinates"][:2])
        if each["properties"].get("capacity"):
            each["properties"]["capacity"] = 1  # the place alone is looked at here
    swapped = await imported(document, time_zone=zone, source=f"{name}-swapped")
    assert swapped["warnings_total"] == swapped["created"] > 0
    assert all(each["reason"].startswith("latitude and longitude look swapped") for each in swapped["warnings"])
