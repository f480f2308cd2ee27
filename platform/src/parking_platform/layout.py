"""Where the platform keeps what it writes."""

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from parking_platform.failures import PlatformFailure

# PostgreSQL and nginx's workers run as other users, which may not be able to enter the checkout.
STATE_PARENT = Path("/var/tmp")  # noqa: S108 - the directory below it is checked to be ours


class ForeignState(PlatformFailure):
    """The state directory belongs to somebody else."""


class LostSecrets(PlatformFailure):
    """The passwords and keys of the data are gone."""


@dataclass(frozen=True)
class Layout:
    """`run` holds what people look at, `state` what the servers keep, and the secrets that open it.

    `state` outlives the checkout: a clone that is deleted and made again at the same path finds it.
    """

    run: Path
    state: Path

    @classmethod
    def of_checkout(cls, checkout: Path) -> Self:
        """The layout of `make up`: `.run` in the checkout, and the state outside of it."""
        checkout = checkout.resolve()
        digest = hashlib.sha256(str(checkout).encode()).hexdigest()[:10]
        return cls(run=checkout / ".run", state=STATE_PARENT / f"parking-{digest}")

    @property
    def logs(self) -> Path:
        """One log file a process."""
        return self.run / "logs"

    @property
    def incidents(self) -> Path:
        """What ended unexpectedly, and when it ran again."""
        return self.logs / "incidents.log"

    @property
    def tls(self) -> Path:
        """The local certificate authority and the gateway's certificate."""
        return self.run / "tls"

    @property
    def secrets(self) -> Path:
        """The passwords and keys of this checkout, beside the data that they open."""
        return self.state / "secrets.json"

    @property
    def demo(self) -> Path:
        """Where everything is, for people and programs."""
        return self.run / "demo.json"

    @property
    def supervisor(self) -> Path:
        """The supervisor's configuration, socket and process id."""
        return self.state / "supervisor"

    def server(self, name: str) -> Path:
        """The state directory of one server."""
        return self.state / name

    def create(self) -> bool:
        """Make the directories. Others may enter the state directory, but each server shuts its own.

        Returns whether the state is that of a clone that was deleted.
        """
        link = self.run / "state"
        is_found = self.state.exists() and not link.is_symlink()
        self.state.mkdir(exist_ok=True)
        if self.state.is_symlink() or self.state.stat().st_uid != os.geteuid():
            raise ForeignState(f"{self.state} belongs to somebody else: remove it, or run as its owner")
        # Explicitly, for the umask may say otherwise.
        self.state.chmod(0o755)
        for folder in (self.logs, self.tls):
            folder.mkdir(parents=True, exist_ok=True)
        self.supervisor.mkdir(mode=0o700, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(self.state)
        where_they_were = self.run / "secrets.json"
        if where_they_were.exists() and not self.secrets.exists():
            shutil.move(where_they_were, self.secrets)
        return is_found

    @property
    def has_lost_secrets(self) -> bool:
        """Whether there are data of which nobody has the secrets any more."""
        return self.server("postgres").exists() and not self.secrets.exists()

    def require_secrets(self) -> None:
        """Raise `LostSecrets` where new ones would not open the data that are there."""
        if self.has_lost_secrets:
            raise LostSecrets(
                f"The data in {self.state} are those of a clone that was deleted, and so were its passwords and keys.\n"
                "  `make reset` deletes the data too; then `make up` begins from nothing."
            )

    def delete(self) -> list[Path]:
        """Delete all of it; returns what was deleted."""
        deleted = [path for path in (self.state, self.run) if path.exists()]
        for path in deleted:
            shutil.rmtree(path)
        return deleted
