"""Where the servers' programs are on this machine, and what to do when they are not."""

import hashlib
import os
import pwd
import shutil
from functools import cache
from pathlib import Path

from parking_platform.failures import PlatformFailure

CHECKOUT = Path(__file__).resolve().parents[3]
JAVA_BUNDLES = CHECKOUT / "platform" / "java"
INSTALL = "run `make install`"


class ProgramMissing(PlatformFailure):
    """A program that a server needs is not installed; the message says what to do."""


def find_program(name: str, *, package: str, folders: tuple[str, ...] = ("/usr/sbin", "/sbin")) -> Path:
    """The path of a program. An ordinary user's PATH often lacks the sbin folders, where Debian keeps daemons."""
    search_path = os.pathsep.join((os.environ.get("PATH", ""), *folders))
    found = shutil.which(name, path=search_path)
    if not found:
        raise ProgramMissing(f"{name} is not installed: {INSTALL}, or `apt-get install {package}`")
    return Path(found)


@cache
def postgres_programs() -> Path:
    """The folder of the newest PostgreSQL that has PostGIS (Debian keeps them off the PATH, one folder a version)."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name)):
        extensions = Path("/usr/share/postgresql") / folder.parent.name / "extension"
        if (folder / "postgres").exists() and (extensions / "postgis.control").exists():
            return folder
    raise ProgramMissing(
        f"PostgreSQL with PostGIS is not installed: {INSTALL}, or `apt-get install postgresql-15-postgis-3`"
    )


def java_bundle(name: str) -> Path:
    """The folder of the jars of `name`, made by platform/install/java.sh, which derives the name in the same way."""
    definition = JAVA_BUNDLES / name
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(definition.iterdir())))
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    bundle = cache_folder / "parking-platform" / f"{name}-{digest.hexdigest()[:12]}"
    if not bundle.is_dir():
        raise ProgramMissing(f"The jars of {name} are not there ({bundle}): {INSTALL}")
    return bundle


def java() -> Path:
    """The Java runtime: JAVA_HOME's, else the one on the PATH."""
    if home := os.environ.get("JAVA_HOME"):
        return Path(home) / "bin" / "java"
    return find_program("java", package="openjdk-17-jre-headless")


def unprivileged_user() -> str | None:
    """The user that PostgreSQL runs as: it refuses root. None means: as our own user."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ProgramMissing("PostgreSQL refuses to run as root, and there is no user `postgres` or `nobody`")
