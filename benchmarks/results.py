"""What is kept of a row."""

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks.figures import Line, Series
from benchmarks.trial import Findings, Row, Scale

from parking_platform.testing.machine import this_machine


def write(directory: Path, row: Row, scale: Scale, findings: Findings) -> Path:
    """Keep it as JSON."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{row.name}.json"
    kept = {
        "row": row.name,
        "what": row.what,
        "scale": scale.value,
        "machine": this_machine(),
        "sizes": findings.sizes,
        "lines": [_line(line) for line in findings.lines],
        "rounds": [_series(series) for series in findings.rotation.all()],
    }
    file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n")
    return file


def _line(line: Line) -> Mapping[str, object]:
    return {
        "what": line.what,
        "ours": round(line.ours.median, 3),
        "unit": line.ours.unit,
        "reference": line.reference and {"name": line.reference.name, "median": round(line.reference.median, 3)},
        "ratio": None if line.ratio is None else round(line.ratio, 3),
        "ratios": [round(ratio, 3) for ratio in line.ratios],
        "goal": line.goal and f"{line.goal.of} {line.goal.sense} {line.goal.value:g}",
        "is_met": line.is_met,
        "note": line.note,
    }


def _series(series: Series) -> Mapping[str, object]:
    return {
        "contender": series.name,
        "unit": series.unit,
        "figures": [round(figure, 3) for figure in series.figures],
        "idle_before": [round(idle, 3) for idle in series.idle],
    }
