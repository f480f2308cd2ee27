"""The console script of a service."""

import gc
import sys
from pathlib import Path

import pytest

from parking_chassis import start

CLI = """
import gc

imported_with_the_collector = gc.isenabled()


def main() -> None:
    print(imported_with_the_collector, gc.isenabled())
"""


def test_a_program_runs_its_package_imported_without_looking_for_garbage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entrypoints = tmp_path / "bicycle_service" / "entrypoints"
    entrypoints.mkdir(parents=True)
    (entrypoints / "cli.py").write_text(CLI)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["/usr/bin/bicycle-service"])
    start.main()
    assert capsys.readouterr().out == "False True\n"
    assert gc.isenabled()
