"""The simulator as a child process, for tests: start it, break it, start it again on the same state."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

SECONDS_TO_START = 30
SECONDS_TO_STOP = 10
SECONDS_TO_WAIT = 15
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For plain HTTP. Without it httpx reads all certificate authorities for each client, which takes 40 ms."""


def wait_for[T](condition: Callable[[], T], seconds: float = SECONDS_TO_WAIT) -> T:
    """The condition's value as soon as it is true; raises TimeoutError with the last value when it never is."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"timed out after {seconds} s; last seen: {value!r}")
        time.sleep(0.01)
    return value


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@dataclass
class SimulatorProcess:
    """One simulator with a state file of its own. Its address stays the same over restarts."""

    state: Path
    webhook_url: str = ""
    settings: dict[str, str | int | float] = field(default_factory=dict)
    secret_key: str = "sk_test_simulator"  # noqa: S105 -- opens a simulator on the loopback
    publishable_key: str = "pk_test_simulator"
    webhook_secret: str = "whsec_simulator"  # noqa: S105 -- as above
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its base address: the API's, the shim's and the knobs'."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "SimulatorProcess":
        """Start it and wait until it answers; raises RuntimeError when it does not."""
        options = {
            "state": self.state,
            "port": self.port,
            "secret-key": self.secret_key,
            "publishable-key": self.publishable_key,
            "webhook-secret": self.webhook_secret,
            "webhook-url": self.webhook_url,
            **self.settings,
        }
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        command = [sys.executable, "-m", "stripe_simulator", *arguments]
        self._process = subprocess.Popen(command, env=environment)  # noqa: S603 -- our own program
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the simulator did not start on port {self.port}")
            time.sleep(0.05)
        return self

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", verify=PLAIN, timeout=2).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """Ask it to end, as a supervisor does; answers its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it as a power cut does; answers its exit code."""
        return self._end(signal.SIGKILL)

    def _end(self, with_signal: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(with_signal)
        try:
            return process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use a knob: `control("POST", "/knobs", {"webhook_repeat": 1})`; raises for a refusal."""
        answer = httpx.request(method, f"{self.url}/_simulator{path}", json=body, verify=PLAIN, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def journal(self) -> list[dict[str, Any]]:
        """The requests and answers since the last reset, for `conformance.check`."""
        return self.control("GET", "/journal")
