"""The import contracts of `.importlinter` are kept, and each one notices when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checks.rooms import SERVICES
from importlinter.api import read_configuration

ROOT = Path(__file__).parents[2]
CONFIGURATION = read_configuration(str(ROOT / ".importlinter"))
CONTRACTS: dict[str, str] = {contract["id"]: contract["name"] for contract in CONFIGURATION["contracts_options"]}


def test_contracts_are_kept(root: Path, gauges: list[tuple[str, ...]]) -> None:
    linted = _lint(root)
    broken = linted.stdout.count(" BROKEN\n")
    gauges.append(("import contracts broken", str(broken), "0", "> 0"))
    assert linted.returncode == 0, linted.stdout
    assert linted.stdout.count(" KEPT\n") == len(CONTRACTS)


def test_nothing_is_ignored() -> None:
    """An ignored import needs a decision record, and then a line here."""
    assert [contract for contract in CONFIGURATION["contracts_options"] if "ignore_imports" in contract] == []


def test_every_contract_speaks_of_every_service() -> None:
    text = (ROOT / ".importlinter").read_text()
    mentions = {service: text.count(f"\n    {service}_service") for service in SERVICES}
    assert len(set(mentions.values())) == 1, mentions


@pytest.mark.parametrize("contract", CONTRACTS)
def test_broken_contract_is_found(contract: str, fixtures: Path, tmp_path: Path) -> None:
    _empty_houses(tmp_path)
    shutil.copytree(fixtures / "contracts" / contract, tmp_path, dirs_exist_ok=True)

    linted = _lint(tmp_path, "--contract", contract)

    assert f"{CONTRACTS[contract]} BROKEN" in linted.stdout
    assert linted.returncode == 1


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("toolbox.py", ""),
        ("domain/user.py", "import auth_service.application"),
        ("adapters/store.py", "import auth_service.settings"),
        ("settings.py", "import auth_service.adapters"),
        ("application/wiring.py", "import auth_service.bootstrap"),
        ("bootstrap.py", "import auth_service.entrypoints"),
    ],
)
def test_layers_are_strict(file: str, text: str, tmp_path: Path) -> None:
    _empty_houses(tmp_path)
    for optional in ("bootstrap.py", "settings.py"):
        (tmp_path / "auth_service" / optional).touch()
    (tmp_path / "auth_service" / file).write_text(text)

    assert _lint(tmp_path, "--contract", "layers").returncode == 1


def test_empty_houses_keep_every_contract(tmp_path: Path) -> None:
    """So what the fixtures above report is what they add."""
    _empty_houses(tmp_path)
    assert _lint(tmp_path).returncode == 0


def _lint(where: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # The working directory stands first on the linter's path: a fixture's packages come before the installed ones.
    linter = Path(sys.executable).with_name("lint-imports")
    command = [str(linter), "--config", str(ROOT / ".importlinter"), "--no-cache", "--no-logo", *options]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False, timeout=60)


def _empty_houses(where: Path) -> None:
    for package in CONFIGURATION["session_options"]["root_packages"]:
        rooms = ("adapters", "application", "domain", "entrypoints") if package.endswith("_service") else ()
        for room in ("", *rooms):
            (where / package / room).mkdir(parents=True, exist_ok=True)
            (where / package / room / "__init__.py").touch()
    (where / "parking_demo" / "seeding").mkdir()
    for module in ("seeding/__init__.py", "__main__.py"):
        (where / "parking_demo" / module).touch()
