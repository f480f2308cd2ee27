"""The same rooms in all six services: a room may be small, never renamed."""

from pathlib import Path

from checks.tree import relative, sentence

SERVICES = ("analytics", "auth", "notification", "parking", "payment", "reservation")

# The services that are built, and so must have every room and file; it grows to all six.
BUILT = ("auth", "parking", "reservation", "payment", "notification", "analytics")

_SKELETON = (
    "pyproject.toml",
    "src/{package}/domain",
    "src/{package}/application/commands",
    "src/{package}/application/queries",
    "src/{package}/application/event_handlers",
    "src/{package}/adapters",
    "src/{package}/entrypoints/http",
)
_COMPLETE = (
    "README.md",
    "Dockerfile",
    "migrations",
    "src/{package}/application/ports",
    "src/{package}/entrypoints/consumers.py",
    "src/{package}/entrypoints/worker.py",
    "src/{package}/entrypoints/cli.py",
    "src/{package}/bootstrap.py",
    "src/{package}/settings.py",
    "tests/unit",
    "tests/integration",
    "tests/contract",
)
# Folders in which nothing but the rooms above may stand.
_CLOSED = (".", "src", "src/{package}", "src/{package}/application", "src/{package}/entrypoints")


def rooms(root: Path, services: tuple[str, ...] = SERVICES, built: tuple[str, ...] = BUILT) -> list[str]:
    """Every service has the rooms, and no others; built ones have all their files."""
    folders = sorted(folder.name for folder in (root / "services").iterdir() if folder.is_dir())
    found = [
        sentence(root, root / "services" / name, 1, "is not one of the services")
        for name in folders
        if name not in services
    ]
    for name in services:
        house = root / "services" / name
        found += _missing(root, house, _SKELETON + (_COMPLETE if name in built else ()))
        found += _strangers(root, house)
        found += _tests_outside_rooms(root, house)
    return found


def _missing(root: Path, house: Path, needed: tuple[str, ...]) -> list[str]:
    paths = (house / _named(room, house) for room in needed)
    return [sentence(root, path, 1, "is missing") for path in paths if not path.exists()]


def _strangers(root: Path, house: Path) -> list[str]:
    known = {house / _named(room, house) for room in _SKELETON + _COMPLETE}
    known |= {parent for room in known for parent in room.parents}
    return [
        sentence(root, path, 1, "is no room that all services have")
        for folder in _CLOSED
        for path in sorted((house / _named(folder, house)).glob("*"))
        if (path.is_dir() or path.suffix == ".py")
        and path not in known
        and path.name not in {"__init__.py", "__pycache__"}
    ]


def _tests_outside_rooms(root: Path, house: Path) -> list[str]:
    return [
        sentence(root, path, 1, "is a test outside unit, integration and contract")
        for path in sorted((house / "tests").rglob("test_*.py"))
        if relative(house, path).split("/")[1] not in {"unit", "integration", "contract"}
    ]


def _named(room: str, house: Path) -> str:
    return room.format(package=f"{house.name}_service")
