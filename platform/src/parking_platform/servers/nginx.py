"""Nginx, with the configuration of the folder `gateway`."""

import re
import shutil
import signal
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from parking_platform.failures import PlatformFailure
from parking_platform.ports import LOOPBACK
from parking_platform.processes import ProcessSpec
from parking_platform.programs import find_program
from parking_platform.readiness import NotReady

VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
TEMPLATE = ".template"
MODULES = Path("/usr/lib/nginx/modules")
# What nginx's workers read. They run as another user, which may not be able to enter the checkout.
SERVED = ("njs", "html", "node_modules")


class UnknownVariable(PlatformFailure):
    """A template uses a variable that nobody sets."""


@dataclass(frozen=True, kw_only=True)
class Nginx:
    """The gateway. `variables` fill the templates beside those that are set here."""

    directory: Path
    source: Path
    logs: Path
    port: int
    authority: Path
    variables: Mapping[str, str]
    name: str = "nginx"

    @property
    def ports(self) -> Mapping[str, int]:
        """The one public port."""
        return {"gateway": self.port}

    @property
    def url(self) -> str:
        """The public address."""
        return f"https://localhost:{self.port}"

    def prepare(self) -> None:
        """Render the templates and copy what is served, each time."""
        for folder in (self._configuration, self._run, self._root, self.logs):
            folder.mkdir(parents=True, exist_ok=True)
        for stale in self._configuration.iterdir():
            stale.unlink()
        for template in (self.source / "templates").glob(f"*{TEMPLATE}"):
            rendered = render(template.read_text(), self._all_variables(), template.name)
            (self._configuration / template.name.removesuffix(TEMPLATE)).write_text(rendered)
        for folder in SERVED:
            shutil.rmtree(self._root / folder, ignore_errors=True)
            if (self.source / folder).is_dir():
                shutil.copytree(self.source / folder, self._root / folder)
        for path in (self.directory, self._run, self._root, *self._root.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)

    def process(self) -> ProcessSpec:
        """The master, by the gateway's own script, which also clears up after one that was killed.

        QUIT lets requests end; `worker_shutdown_timeout` ends the WebSockets, which never end by themselves.
        """
        find_program("nginx", package="nginx")
        return ProcessSpec(
            name=self.name,
            command=(str(self.source / "start.sh"), str(self._run), str(self._configuration / "nginx.conf")),
            directory=self.directory,
            stop_signal=signal.SIGQUIT,
        )

    async def check(self) -> None:
        """Shake hands as a client does, with our certificate authority; any answer will do."""
        trust = ssl.create_default_context(cafile=self.authority)
        try:
            async with httpx.AsyncClient(trust_env=False, verify=trust, timeout=5) as client:
                await client.get(f"{self.url}/", headers={"Host": "localhost"})
        except httpx.TransportError as error:
            raise NotReady(f"{self.url} does not answer: {error}") from error

    @property
    def _configuration(self) -> Path:
        return self.directory / "conf"

    @property
    def _run(self) -> Path:
        return self.directory / "run"

    @property
    def _root(self) -> Path:
        return self.directory / "root"

    def _all_variables(self) -> Mapping[str, str]:
        return {
            # An address and a port, so that nginx listens on loopback only.
            "GATEWAY_HTTPS_PORT": f"{LOOPBACK}:{self.port}",
            "GATEWAY_SERVER_NAME": "localhost",
            "GATEWAY_ROOT": str(self._root),
            "GATEWAY_RUN_DIR": str(self._run),
            "GATEWAY_LOG_DIR": str(self.logs),
            "NGINX_MODULES_DIR": str(MODULES),
            **self.variables,
        }


def render(template: str, variables: Mapping[str, str], name: str = "template") -> str:
    """Replace `${NAME}` as envsubst does; nginx's own variables are lower case and stay."""

    def value(match: re.Match[str]) -> str:
        try:
            return variables[match[1]]
        except KeyError:
            raise UnknownVariable(f"{name} uses {match[0]}, which the platform does not set") from None

    return VARIABLE.sub(value, template)
