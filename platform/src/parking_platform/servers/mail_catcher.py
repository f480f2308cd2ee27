"""The mail catcher: takes the platform's mail and shows it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parking_platform.ports import LOOPBACK
from parking_platform.processes import YIELDING, ProcessSpec
from parking_platform.readiness import require_ok, require_open


@dataclass(frozen=True, kw_only=True)
class MailCatcher:
    """Our own program `mail_catcher`: SMTP on one port, its page on the other."""

    directory: Path
    smtp_port: int
    http_port: int
    name: str = "mail-catcher"

    @property
    def ports(self) -> Mapping[str, int]:
        """SMTP and the page."""
        return {"mail_smtp": self.smtp_port, "mail_http": self.http_port}

    @property
    def url(self) -> str:
        """The page."""
        return f"http://{LOOPBACK}:{self.http_port}"

    def prepare(self) -> None:
        """Make the directory of the messages."""
        self.directory.mkdir(parents=True, exist_ok=True)

    def process(self) -> ProcessSpec:
        """Its one process."""
        return ProcessSpec(
            name=self.name,
            command=(
                *(*YIELDING, sys.executable, "-m", "mail_catcher", "--directory", str(self.directory)),
                *("--smtp-port", str(self.smtp_port), "--http-port", str(self.http_port)),
            ),
            directory=self.directory,
        )

    async def check(self) -> None:
        """Ask both sides."""
        await require_ok(f"{self.url}/healthz")
        await require_open(self.smtp_port)
