"""What a development tool's controls answer to: programs, and the pages of their own origin.

They are open to all programs of the machine, without a password. A page that a developer happens to look at runs on the
machine too, and must not turn the controls, nor read mails.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

OWN = frozenset({"same-origin", "none"})
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
READS = frozenset({"GET", "HEAD"})


class OwnOriginOnly:
    """ASGI middleware: a browser's request from another origin is a 403. A link that is followed stays possible."""

    def __init__(self, app: ASGIApp, paths: Sequence[str]) -> None:
        self._app = app
        self._paths = tuple(paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope["path"].startswith(self._paths) and not _is_own(scope):
            answer = PlainTextResponse("This answers to programs and to its own pages only.\n", 403)
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_own(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is None and site is None:
        return True  # no browser: it names at least one of them
    # A name that somebody lets point to this machine would make a foreign page one of the same origin.
    if urlsplit(f"//{headers.get('host', '')}").hostname not in LOCAL_NAMES:
        return False
    if origin is not None and origin != f"{scope['scheme']}://{headers['host']}":
        return False
    return site in {None, *OWN} or (scope["method"] in READS and headers.get("sec-fetch-mode") == "navigate")
