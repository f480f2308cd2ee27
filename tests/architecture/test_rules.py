"""The tree keeps every rule, and every rule has a fixture that breaks it."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from checks import code, decisions, dockerfiles, hygiene, imports, names, rooms, tests, use_cases
from checks.tree import files, matches, relative

RULES: dict[str, Callable[[Path], list[str]]] = {
    "bare_session": names.bare_session,
    "broad_excepts": code.broad_excepts,
    "clocks": code.clocks,
    "coined_words": names.coined_words,
    "commits": code.commits,
    "dead_links": hygiene.dead_links,
    "decisions": decisions.decisions,
    "dockerfiles": dockerfiles.dockerfiles,
    "empty_words": names.empty_words,
    "inner_rooms": imports.inner_rooms,
    "leftovers": code.leftovers,
    "machine_paths": hygiene.machine_paths,
    "published_tariffs": code.published_tariffs,
    "registry_hosts": hygiene.registry_hosts,
    "relative_imports": imports.relative_imports,
    "rooms": rooms.rooms,
    "silent_skips": tests.silent_skips,
    "sleeps": tests.sleeps,
    "string_patches": tests.string_patches,
    "uncoded_ignores": code.uncoded_ignores,
    "use_cases": use_cases.use_cases,
}
ALLOWED: dict[str, dict[str, str]] = tomllib.loads((Path(__file__).parent / "gauges.toml").read_text())["allowed"]
# Their fixtures are made in the tests below: a folder that is missing, or a host, cannot be stored in the tree.
MADE = {"rooms", "machine_paths", "registry_hosts"}


@pytest.mark.parametrize("rule", RULES)
def test_tree_keeps_rule(rule: str, root: Path, gauges: list[tuple[str, ...]]) -> None:
    allowed = tuple(ALLOWED.get(rule, {}))
    found = [violation for violation in RULES[rule](root) if not matches(_path(violation), allowed)]
    gauges.append((rule.replace("_", " "), str(len(found)), "0", "> 0"))
    if found:
        pytest.fail("\n".join(found), pytrace=False)


@pytest.mark.parametrize("rule", sorted(RULES.keys() - MADE))
def test_check_finds_what_breaks_rule(rule: str, fixtures: Path) -> None:
    broken = fixtures / rule
    marked = {
        f"{relative(broken, path)}:{number}"
        for path in files(broken)
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"(?:#|//|<!--) *breaks", line)
    }
    assert marked
    assert {violation.split(": ")[0] for violation in RULES[rule](broken)} == marked


def test_exceptions_have_reasons_and_are_needed(root: Path) -> None:
    for rule, exceptions in ALLOWED.items():
        violations = RULES[rule](root)
        for pattern, reason in exceptions.items():
            assert len(reason.split()) > 3
            assert "*" in pattern or any(_path(violation) == pattern for violation in violations), pattern


def test_renamed_missing_and_strange_rooms_are_found(tmp_path: Path) -> None:
    _furnish(tmp_path / "services/auth")
    _furnish(tmp_path / "services/parking")
    assert rooms.rooms(tmp_path, ("auth", "parking"), ("auth",)) == []

    application = tmp_path / "services/parking/src/parking_service/application"
    (application / "queries").rename(application / "reads")
    (tmp_path / "services/auth/src/auth_service/bootstrap.py").unlink()
    (tmp_path / "services/auth/tests/test_everything.py").touch()
    (tmp_path / "services/billing").mkdir()

    assert rooms.rooms(tmp_path, ("auth", "parking"), ("auth",)) == [
        "services/billing:1: is not one of the services",
        "services/auth/src/auth_service/bootstrap.py:1: is missing",
        "services/auth/tests/test_everything.py:1: is a test outside unit, integration and contract",
        "services/parking/src/parking_service/application/queries:1: is missing",
        "services/parking/src/parking_service/application/reads:1: is no room that all services have",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("docs/install.md", "pip install from files pythonhosted org"),
        ("deploy/pip.conf", "{setting} = {mirror}/simple"),
        ("requirements/auth.lock", "aiokafka @ {mirror}/aiokafka.whl"),
        ("web/package-lock.json", '"resolved": "{mirror}/react.tgz"'),
        ("uv.lock", "version = 1"),
    ],
)
def test_registry_hosts_are_found(name: str, words: str, tmp_path: Path) -> None:
    # The words are joined only here, so that this file names no host either.
    joined = words.replace("{mirror}", "https:" + "//mirror.example").replace("{setting}", "-".join(("index", "url")))
    _write(tmp_path / name, joined.replace("files pythonhosted org", ".".join(("files", "pythonhosted", "org"))))
    _write(tmp_path / "docs/links.md", "An issue at https://github.com/, and Maven Central by name.")

    assert [violation.split(": ")[0] for violation in hygiene.registry_hosts(tmp_path)] == [f"{name}:1"]


@pytest.mark.parametrize("path", ["home someone parking", "root parking", "Users someone"])
def test_machine_paths_are_found(path: str, tmp_path: Path) -> None:
    _write(tmp_path / "Makefile", f"run:\n\tcd /{path.replace(' ', '/')} && make")
    _write(tmp_path / "notes.md", f"\nIt lies in {tmp_path}/x, not in ./home/x or {tmp_path}_2")

    assert [violation.split(": ")[0] for violation in hygiene.machine_paths(tmp_path)] == ["Makefile:2", "notes.md:2"]


def _furnish(house: Path) -> None:
    package = f"src/{house.name}_service"
    for file in (
        "README.md",
        "pyproject.toml",
        "Dockerfile",
        "migrations/env.py",
        f"{package}/domain/__init__.py",
        f"{package}/application/commands/__init__.py",
        f"{package}/application/queries/__init__.py",
        f"{package}/application/event_handlers/__init__.py",
        f"{package}/application/ports/__init__.py",
        f"{package}/entrypoints/consumers.py",
        f"{package}/adapters/__init__.py",
        f"{package}/entrypoints/http/__init__.py",
        f"{package}/entrypoints/worker.py",
        f"{package}/entrypoints/cli.py",
        f"{package}/bootstrap.py",
        f"{package}/settings.py",
        "tests/unit/test_domain.py",
        "tests/integration/test_adapters.py",
        "tests/contract/test_ports.py",
    ):
        _write(house / file, "")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _path(violation: str) -> str:
    return violation.split(":", 1)[0]
