"""Files handed in, run, and asked about."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

Imported = Callable[..., Awaitable[dict[str, Any]]]


def feature(source_id: object = "p1", *, geometry: object = ..., **properties: object) -> dict[str, Any]:
    """A feature of a lot in Zurich."""
    point = {"type": "Point", "coordinates": [8.54, 47.37]}
    return {
        "type": "Feature",
        "id": source_id,
        "properties": {"name": "Parkhaus", "capacity": 3, **properties},
        "geometry": point if geometry is ... else geometry,
    }


def at(longitude: object, latitude: object) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [longitude, latitude]}


def collection(*features: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def case(shared_data: Path, name: str) -> bytes:
    """A file of `../shared/cases`, as it lies there."""
    return (shared_data.parent / "cases" / name).read_bytes()


def importing(operator: Any, run_imports: Callable[[], Awaitable[int]]) -> Imported:
    async def run(file: object, media_type: str = "application/json", **parameters: Any) -> dict[str, Any]:
        content = file if isinstance(file, bytes) else json.dumps(file).encode()
        headers = {"Content-Type": media_type}
        started = await operator("POST", "/parking-lots/import", content=content, headers=headers, params=parameters)
        assert started.status_code == 202, started.text
        await run_imports()
        return (await operator("GET", f"/imports/{started.json()['import_id']}")).json()

    return run


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    return (*(report[name] for name in ("total", "created", "updated", "unchanged")), len(report["refused"]))
