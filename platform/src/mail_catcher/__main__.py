"""`python -m mail_catcher --directory PATH --smtp-port N --http-port N`."""

import argparse
import signal
from pathlib import Path

import uvicorn

from mail_catcher.app import create_app
from mail_catcher.mailbox import Mailbox

SECONDS_TO_ASK_AGAIN = 75
"""How long a connection may be idle. httpx keeps one for 5 s, as uvicorn would: a request could meet the closing."""


def main() -> None:
    """Serve until asked to stop."""
    parser = argparse.ArgumentParser(prog="mail_catcher", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where the messages are kept")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    options = parser.parse_args()
    app = create_app(Mailbox(options.directory), options.host, options.smtp_port)
    # uvicorn raises the signal once more when it is done; then the process shall still end with 0.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    uvicorn.run(
        app, host=options.host, port=options.http_port, log_level="warning", timeout_keep_alive=SECONDS_TO_ASK_AGAIN
    )


if __name__ == "__main__":
    main()
