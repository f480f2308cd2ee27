"""Where the servers of one test run keep their data."""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Not below a checkout: PostgreSQL must be able to enter as another user, and socket paths end at 107 bytes.
PARENT = Path("/var/tmp")  # noqa: S108 - mkdtemp makes the name
PREFIX = "parking-test-"


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory for one run; removes those that killed runs left behind.

    Each run holds a lock on its directory, which the kernel releases when the process ends.
    """
    remove_abandoned()
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=PARENT))
    path.chmod(0o755)
    with (path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def remove_abandoned() -> None:
    """Remove the directories of runs that are no more. Those of other users stay."""
    for path in PARENT.glob(f"{PREFIX}*"):
        try:
            with (path / "lock").open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue
