"""`python -m parking_chassis.probe PORT…`: does a process live on one of these ports? A container's health check.

An image runs `serve` or `work`, which listen on different ports; it need not know which.
"""

import sys
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException

TIMEOUT = 2.0
HTTP_OK = 200


def lives(port: int) -> bool:
    """Whether `/healthz` answers 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTP_OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def main(ports: Sequence[str]) -> int:
    """0 where one of them lives, else 1."""
    return 0 if any(lives(int(port)) for port in ports) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
