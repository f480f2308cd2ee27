"""Sizes and repetition stay within the limits of gauges.toml."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from checks import duplicates, sizes

LIMITS = tomllib.loads((Path(__file__).parent / "gauges.toml").read_text())


@pytest.mark.parametrize(("kind", "measure"), [("function_lines", sizes.functions), ("file_lines", sizes.modules)])
def test_sizes(
    kind: str, measure: Callable[[Path], list[sizes.Size]], root: Path, gauges: list[tuple[str, ...]]
) -> None:
    limits = LIMITS[kind]
    measured = measure(root)
    name = kind.replace("_", " ")
    aim = str(limits["p95"])
    gauges.append((f"{name}, 95 of 100", str(sizes.p95(measured)), aim, f"> {aim}"))
    gauges.append((f"{name}, longest", str(sizes.longest(measured)), aim, f"> {limits['never']}"))

    _none(sizes.too_long(root, measured, limits["never"]))
    assert sizes.p95(measured) <= limits["p95"]


def test_web_sizes(root: Path, gauges: list[tuple[str, ...]]) -> None:
    limit = LIMITS["file_lines"]["web"]
    measured = sizes.web_modules(root)
    gauges.append(("web file lines, longest", str(sizes.longest(measured)), str(limit), f"> {limit}"))
    _none(sizes.too_long(root, measured, limit))


def test_repetition(root: Path, gauges: list[tuple[str, ...]]) -> None:
    within, across = LIMITS["repeated_percent"], LIMITS["repeated_across_percent"]
    measured = [*((house, within) for house in duplicates.repetitions(root)), (duplicates.across(root), across)]
    for house, limits in measured:
        name = f"repeated lines, {house.house}"
        gauges.append((name, f"{house.percent:.1f} %", f"{limits['aim']} %", f"> {limits['never']} %"))
    _none(duplicates.repeated(root, within["never"], across["never"]))


def test_long_functions_and_files_are_found(fixtures: Path) -> None:
    broken = fixtures / "sizes"
    assert [found.split(": ", 1)[1] for found in sizes.too_long(broken, sizes.functions(broken), 4)] == [
        "long has 5 lines, 4 at most"
    ]
    assert [found.split(": ", 1)[1] for found in sizes.too_long(broken, sizes.modules(broken), 8)] == [
        "functions.py has 9 lines, 8 at most"
    ]
    assert [found.split(": ", 1)[1] for found in sizes.too_long(broken, sizes.web_modules(broken), 2)] == [
        "Page.tsx has 3 lines, 2 at most"
    ]


@pytest.mark.parametrize(("lengths", "expected"), [([], 0), ([7], 7), (list(range(1, 101)), 95), ([1] * 19 + [9], 1)])
def test_p95_is_the_nearest_rank(lengths: list[int], expected: int) -> None:
    assert sizes.p95([sizes.Size(length, Path(), 1, "") for length in lengths]) == expected


def test_repetition_is_found_within_a_service_and_across_services(fixtures: Path) -> None:
    broken = fixtures / "repeated"
    shares = {house.house: round(house.percent, 1) for house in duplicates.repetitions(broken)}
    # Six of the sixteen lines of auth repeat others; parking says the same as auth, but only once itself.
    assert shares == {"services/auth": 37.5, "services/parking": 0.0}
    assert [found.split(":")[0] for found in duplicates.repeated(broken, 4, 100)] == ["services/auth/two.py"]
    assert duplicates.across(broken).places.keys() == {broken / "services/parking/one.py"}
    assert [found.split(":")[0] for found in duplicates.repeated(broken, 100, 2)] == ["services/parking/one.py"]


def _none(violations: list[str]) -> None:
    if violations:
        pytest.fail("\n".join(violations), pytrace=False)
