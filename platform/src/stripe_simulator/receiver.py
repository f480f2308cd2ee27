"""A webhook endpoint for tests: keeps what it receives, and answers as configured."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class WebhookReceiver:
    """Answers 200, unless statuses are waiting to be answered first."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[str, str]] = field(default_factory=list)
    """Bodies and signatures, in the order of arrival."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, body: str, signature: str) -> int:
        """Keep a webhook; answers the status for it."""
        with self._lock:
            self.received.append((body, signature))
            return self.statuses.pop(0) if self.statuses else 200

    def events(self) -> list[dict[str, Any]]:
        """The events received, repeated ones too."""
        with self._lock:
            return [json.loads(body) for body, _ in self.received]

    def types(self) -> list[str]:
        """The types of the events received."""
        return [event["type"] for event in self.events()]

    def clear(self) -> None:
        """Start over."""
        with self._lock:
            self.received.clear()
            self.statuses.clear()


@contextmanager
def listening() -> Iterator[WebhookReceiver]:
    """Run a receiver on a free port."""
    receiver = WebhookReceiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) < length:  # the sender was killed while it sent
                self.close_connection = True
                return
            self.send_response(receiver.take(body.decode(), self.headers["Stripe-Signature"]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/webhooks"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
