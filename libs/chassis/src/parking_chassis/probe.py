"""`python -m parking_chassis.probe [--ready] PORT…`: does a process live on one of these ports? For health checks.

With `--ready` it must be able to do its work, for which whatever it depends on has to answer. An image runs `serve` or
`work`, which listen on different ports; it need not know which.
"""

import sys
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPException

TIMEOUT = 2.0
HTTP_OK = 200


def answers(port: int, path: str) -> bool:
    """Whether a GET is answered 200."""
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == HTTP_OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def main(arguments: Sequence[str]) -> int:
    """0 where one of them does, else 1."""
    path = "/readyz" if "--ready" in arguments else "/healthz"
    ports = [int(argument) for argument in arguments if argument != "--ready"]
    return 0 if any(answers(port, path) for port in ports) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
