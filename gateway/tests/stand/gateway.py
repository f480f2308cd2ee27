"""A real nginx with the gateway's templates."""

import asyncio
import shutil
import signal
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import trustme
from gateway.tests.stand.processes import PATIENCE_SECONDS, wait_for
from gateway.tests.stand.services import EchoService
from gateway.tests.stand.tokens import AUDIENCE, ISSUER

from parking_platform.ports import LOOPBACK, free_port
from parking_platform.servers.nginx import MODULES, render

GATEWAY = Path(__file__).resolve().parents[2]
BUCKETS = ("SUBJECT", "BOOKING", "ADDRESS", "SIGN_IN", "REGISTRATION", "PASSWORD", "TOKEN_CHECK")
NEVER_REACHED = {f"RATE_{bucket}{kind}": "600000" for bucket in BUCKETS for kind in ("", "_BURST")}


@dataclass(frozen=True)
class Gateway:
    """A running gateway."""

    directory: Path
    port: int
    trust: ssl.SSLContext

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def configuration(self) -> Path:
        return self.directory / "conf" / "nginx.conf"

    @property
    def socket(self) -> Path:
        return self.directory / "internal.sock"

    @property
    def internal(self) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(uds=str(self.socket))

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.url, verify=self.trust, trust_env=False, timeout=20)

    async def raw(self, request: bytes) -> bytes:
        """What comes back for these very bytes, until the gateway closes the connection."""
        reader, writer = await asyncio.open_connection("localhost", self.port, ssl=self.trust)
        writer.write(request)
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    def files(self, folder: str) -> list[Path]:
        """The files of a cache or the logs' folder."""
        return [path for path in (self.directory / folder).rglob("*") if path.is_file()]


@dataclass(frozen=True)
class Starter:
    """Starts gateways before the given services."""

    directory: Path
    authority: trustme.CA
    services: Sequence[EchoService]

    @asynccontextmanager
    async def running(self, name: str, *, user: str | None = None, **settings: str) -> AsyncIterator[Gateway]:
        """A gateway with these settings. It runs until the end of the block."""
        gateway = self.prepared(name, **settings)
        if user:
            for path in (gateway.directory, *gateway.directory.rglob("*")):
                shutil.chown(path, user)
        async with self.process(gateway, user=user):
            yield gateway

    @asynccontextmanager
    async def process(self, gateway: Gateway, *, user: str | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
        """The process of a gateway that is prepared, from when it serves until the end of the block."""
        command = (str(GATEWAY / "start.sh"), str(gateway.directory), str(gateway.configuration))
        process = await asyncio.create_subprocess_exec(*command, user=user, start_new_session=True)
        try:
            await _wait_until_healthy(gateway, process)
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await process.wait()

    def prepared(self, name: str, **settings: str) -> Gateway:
        """A gateway that does not run yet: its run directory, certificate and configuration."""
        gateway = Gateway(self.directory / name, free_port(), ssl.create_default_context())
        self.authority.configure_trust(gateway.trust)
        (gateway.directory / "logs").mkdir(parents=True)
        certificate = self.authority.issue_cert("localhost")
        certificate.private_key_pem.write_to_path(str(gateway.directory / "key.pem"))
        for number, blob in enumerate(certificate.cert_chain_pems):
            blob.write_to_path(str(gateway.directory / "certificate.pem"), append=number > 0)
        values = {**self.values(gateway), **settings}
        gateway.configuration.parent.mkdir()
        for template in (GATEWAY / "templates").iterdir():
            (gateway.configuration.parent / template.stem).write_text(
                render(template.read_text(), values, template.name)
            )
        return gateway

    def values(self, gateway: Gateway) -> dict[str, str]:
        """Every variable of the templates."""
        return {
            "GATEWAY_HTTPS_PORT": f"{LOOPBACK}:{gateway.port}",
            "GATEWAY_SERVER_NAME": "localhost",
            "TLS_CERTIFICATE": str(gateway.directory / "certificate.pem"),
            "TLS_CERTIFICATE_KEY": str(gateway.directory / "key.pem"),
            "GATEWAY_RUN_DIR": str(gateway.directory),
            "GATEWAY_LOG_DIR": str(gateway.directory / "logs"),
            "GATEWAY_ROOT": str(GATEWAY),
            "GATEWAY_WORKERS": "1",
            "NGINX_MODULES_DIR": str(MODULES),
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": AUDIENCE,
            "TOKEN_CHECK": "es256",
            "TRACE_SAMPLE_PERCENT": "100",
            "GATEWAY_SPANS_SOCKET": "off",
            "RATE_WEBSOCKETS": "100",
            **NEVER_REACHED,
            **{f"{each.name.upper()}_UPSTREAM": f"{LOOPBACK}:{each.port}" for each in self.services},
        }


async def _wait_until_healthy(gateway: Gateway, process: asyncio.subprocess.Process) -> None:
    async def is_healthy() -> bool:
        if process.returncode is not None:
            raise AssertionError("nginx ended; it says why above")
        return _master(gateway) == process.pid and await _is_healthy(gateway)

    await wait_for(is_healthy, "the gateway to serve")


def _master(gateway: Gateway) -> int | None:
    """The process that wrote the pid file: a killed one may have left its own, and workers that answer."""
    path = gateway.directory / "nginx.pid"
    return int(path.read_text() or 0) if path.exists() else None


async def _is_healthy(gateway: Gateway) -> bool:
    async with httpx.AsyncClient(transport=gateway.internal) as client:
        try:
            answer = await client.get("http://gateway/healthz")
        except httpx.TransportError:
            return False
    return answer.status_code == httpx.codes.OK
