"""Entry point: `python -m stripe_simulator --state FILE --secret-key sk_test_... ...`."""

import logging
import signal
import sys

import uvicorn

from stripe_simulator.app import build
from stripe_simulator.faults import BreakableProtocol
from stripe_simulator.settings import parse

SECONDS_TO_FINISH = 3
SECONDS_TO_ASK_AGAIN = 75
"""How long a connection may be idle. httpx keeps one for 5 s, as uvicorn would: a request could meet the closing."""


def main() -> None:
    """Serve until SIGTERM; requests under way are finished."""
    settings = parse(sys.argv[1:])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings.state.parent.mkdir(parents=True, exist_ok=True)
    # uvicorn raises the signal once more when it is done; then the process shall still end with 0.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    uvicorn.run(
        build(settings),
        host=settings.host,
        port=settings.port,
        http=BreakableProtocol,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=SECONDS_TO_FINISH,
        timeout_keep_alive=SECONDS_TO_ASK_AGAIN,
    )


if __name__ == "__main__":
    main()
