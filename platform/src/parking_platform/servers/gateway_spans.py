"""What makes OTLP spans of the lines that the gateway writes for them."""

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from parking_platform.processes import ProcessSpec
from parking_platform.readiness import NotReady


@dataclass(frozen=True, kw_only=True)
class GatewaySpans:
    """`parking_chassis.gateway_spans`, on a Unix datagram socket."""

    directory: Path
    otlp_endpoint: str
    name: str = "gateway-spans"

    @property
    def ports(self) -> Mapping[str, int]:
        """None: it listens on a socket."""
        return {}

    @property
    def socket(self) -> Path:
        """Where nginx writes."""
        return self.directory / "spans.sock"

    def prepare(self) -> None:
        """Make the directory of the socket, which nginx's workers must be able to enter."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)

    def process(self) -> ProcessSpec:
        """Its one process."""
        return ProcessSpec(
            name=self.name,
            command=(
                *(sys.executable, "-m", "parking_chassis.gateway_spans"),
                *("--socket", str(self.socket), "--otlp-endpoint", self.otlp_endpoint),
            ),
            directory=self.directory,
        )

    async def check(self) -> None:
        """Send nothing: the kernel says whether somebody would have taken it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            try:
                sender.connect(str(self.socket))
                sender.send(b"")
            except OSError as error:
                raise NotReady(f"nobody reads {self.socket}") from error
